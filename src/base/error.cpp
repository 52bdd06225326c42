#include <skein/error.hpp>

#include <array>
#include <utility>

namespace skein {
namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 24> names{{
    {ErrorCode::invalid_argument, "invalid_argument"},
    {ErrorCode::invalid_definition, "invalid_definition"},
    {ErrorCode::not_found, "not_found"},
    {ErrorCode::already_exists, "already_exists"},
    {ErrorCode::conflict, "conflict"},
    {ErrorCode::permission_denied, "permission_denied"},
    {ErrorCode::unauthenticated, "unauthenticated"},
    {ErrorCode::timeout, "timeout"},
    {ErrorCode::circuit_open, "circuit_open"},
    {ErrorCode::rate_limited, "rate_limited"},
    {ErrorCode::connection_failed, "connection_failed"},
    {ErrorCode::http_status, "http_status"},
    {ErrorCode::bad_response, "bad_response"},
    {ErrorCode::too_large, "too_large"},
    {ErrorCode::agent_failed, "agent_failed"},
    {ErrorCode::expression_failed, "expression_failed"},
    {ErrorCode::cancelled, "cancelled"},
    {ErrorCode::rejected, "rejected"},
    {ErrorCode::outcome_unknown, "outcome_unknown"},
    {ErrorCode::budget_exceeded, "budget_exceeded"},
    {ErrorCode::store_failed, "store_failed"},
    {ErrorCode::store_full, "store_full"},
    {ErrorCode::unsupported, "unsupported"},
    {ErrorCode::internal, "internal"},
}};

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
  const auto i = static_cast<std::size_t>(code);
  return i < names.size() ? names[i].second : "internal";
}

std::optional<ErrorCode> error_code_from(std::string_view name) noexcept {
  for (const auto& [code, text] : names) {
    if (text == name) return code;
  }
  return std::nullopt;
}

}  // namespace skein
