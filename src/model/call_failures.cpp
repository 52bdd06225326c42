#include "model/call_failures.hpp"

#include <algorithm>
#include <array>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "http/retry_after.hpp"
#include "model/codec.hpp"
#include "model/retry_rules.hpp"

namespace skein::model {
namespace {

constexpr std::string_view overflow = "reason=context_overflow";
constexpr std::size_t longest_complaint = 400;

constexpr std::string_view overflow_advice =
    "; the conversation is longer than the model's context window: shorten it, or use a model with a larger one";

struct Meaning {
  ErrorCode code;
  std::string_view what;
  std::string_view advice;
};

Meaning meaning_of(int status) {
  switch (status) {
    case 401: return {ErrorCode::unauthenticated, "does not accept the key", "; check the key and that it belongs to this address"};
    case 403: return {ErrorCode::permission_denied, "refused: this key may not use it", "; check what the key may do"};
    case 404: return {ErrorCode::not_found, "is not known there", "; check the model's name and the address"};
    case 408: return {ErrorCode::timeout, "gave up waiting", "; try again"};
    case 413: return {ErrorCode::too_large, "refused the request as too large", "; send less"};
    case 429: return {ErrorCode::rate_limited, "is asked too often", "; wait, or ask less often"};
    case 529: return {ErrorCode::http_status, "is overloaded", "; try again later"};
    default: break;
  }
  if (status >= 500) return {ErrorCode::http_status, "failed on its side", "; try again later"};
  if (status >= 400) return {ErrorCode::http_status, "refused the request", ""};
  return {ErrorCode::bad_response, "answered with a status that makes no sense here", "; check the address"};
}

}  // namespace

Error status_failure(const Asked& asked, const http::Response& response, std::string_view complaint, Instant now) {
  auto meaning = meaning_of(response.status);
  const bool no_credit = is_out_of_credit(complaint);
  const bool too_long = says_context_overflow(complaint);
  if (no_credit) meaning = {ErrorCode::rate_limited, "refused: there is no credit left", "; add credit or use another key"};
  if (too_long) meaning = {ErrorCode::too_large, "refused the request", overflow_advice};

  Error error{.code = meaning.code, .message = {}, .context = {}, .retryable = false, .retry_after = {}};
  const auto said = shorten(redact_patterns(trim(complaint)), longest_complaint);
  error.message = asked.model + " at " + asked.where + " " + std::string(meaning.what) + " (status " + std::to_string(response.status) +
                  (said.empty() ? "" : ", " + said) + ")" + std::string(meaning.advice);
  error.context = "status=" + std::to_string(response.status) + (too_long ? " " + std::string(overflow) : "");
  error.retryable = !no_credit && !too_long && worth_retrying(response.status, response.headers);
  if (error.retryable) error.retry_after = http::retry_after(response.headers, now);
  return error;
}

Error call_failure(const Asked& asked, Error error) {
  // Only what a server says: other messages may quote the answer itself.
  const bool said = error.code == ErrorCode::http_status || error.code == ErrorCode::too_large || error.code == ErrorCode::invalid_argument;
  if (said && says_context_overflow(error.message)) {
    error.code = ErrorCode::too_large;
    error.retryable = false;
    error.context += (error.context.empty() ? "" : " ") + std::string(overflow);
    error.message += overflow_advice;
  }
  error.message = asked.model + " at " + asked.where + ": " + error.message;
  return error;
}

bool says_context_overflow(std::string_view complaint) {
  static constexpr std::array words{"context_length_exceeded",             // OpenAI
                                    "maximum context length",              // OpenAI, vLLM
                                    "context window",                      // OpenAI's Responses, LM Studio
                                    "model_context_window_exceeded",       // Anthropic
                                    "prompt is too long",                  // Anthropic
                                    "exceed context limit",  // Anthropic: "input length and `max_tokens` exceed context limit"
                                    "exceed_context_size",  // llama-server
                                    "available context size",  // llama-server
                                    "exceeds the context",  // several local servers
                                    "exceeds maximum context",  // Ollama
                                    "input token count exceeds",  // Gemini's compatible endpoint
                                    "reduce the length of the messages"};  // Groq and others
  const auto lower = to_lower(complaint);
  return std::ranges::any_of(words, [&](const char* word) { return lower.find(word) != std::string::npos; });
}

bool may_have_cost(const Error& error) {
  if (error.context.starts_with("status=") || error.context == http::not_sent) return false;
  return error.code == ErrorCode::timeout || error.code == ErrorCode::connection_failed || error.code == ErrorCode::bad_response ||
         error.code == ErrorCode::cancelled || error.code == ErrorCode::internal;
}

bool is_context_overflow(const Error& error) { return error.context.find(overflow) != std::string::npos; }

}  // namespace skein::model
