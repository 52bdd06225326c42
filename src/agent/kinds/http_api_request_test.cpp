#include "agent/kinds/http_api_request.hpp"

#include "agent/kinds/kind_test.hpp"

namespace skein::agent {
namespace {

AgentSettings api(std::string endpoint = "https://api.example.com/v1") {
  AgentSettings settings;
  settings.name = "api";
  settings.endpoint = std::move(endpoint);
  return settings;
}

Result<HttpApiCall> call(const AgentSettings& settings, std::string action, std::string_view parameters = "{}") {
  const TestRequest request(std::move(action), parameters);
  return http_api_request(settings, request.request);
}

std::string url_of(std::string endpoint, std::string action, std::string_view parameters = R"({"method":"GET"})") {
  const auto r = call(api(std::move(endpoint)), std::move(action), parameters);
  return r ? r->request.url : r.error().message;
}

TEST(HttpApiUrl, ActionsAreBelowTheEndpoint) {
  for (const char* endpoint : {"https://h/v1", "https://h/v1/"}) {
    for (const char* action : {"users", "/users"}) EXPECT_EQ(url_of(endpoint, action), "https://h/v1/users");
  }
  EXPECT_EQ(url_of("https://h", "users/1"), "https://h/users/1");
  EXPECT_EQ(url_of("https://h/v1", ""), "https://h/v1");
  EXPECT_EQ(url_of("https://h/v1", "/"), "https://h/v1");
  EXPECT_EQ(url_of("https://h/v1?key=k", "users?page=2"), "https://h/v1/users?key=k&page=2");
}

TEST(HttpApiUrl, ParametersEndpointReplacesTheAction) {
  EXPECT_EQ(url_of("https://h/v1", "fetch", R"({"method":"GET","endpoint":"/users"})"), "https://h/v1/users");
  EXPECT_EQ(url_of("https://h/v1", "fetch", R"({"method":"GET","endpoint":"https://other/x"})"), "https://other/x");
  EXPECT_FALSE(call(api(), "fetch", R"({"endpoint":7})"));
}

TEST(HttpApiUrl, CredentialsStayWithTheirOrigin) {
  auto settings = api();
  settings.auth_header = {"Authorization", "Bearer hunter2"};
  const auto elsewhere = call(settings, "fetch", R"({"endpoint":"https://evil.example/x"})");
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, ErrorCode::permission_denied);
  EXPECT_TRUE(call(settings, "fetch", R"({"endpoint":"https://api.example.com:443/x"})"));
  EXPECT_FALSE(call(settings, "http://api.example.com/x"));
  EXPECT_FALSE(call(api("https://user:pw@api.example.com/"), "https://evil.example/"));
}

TEST(HttpApiUrl, PathsThatLeaveTheEndpointAreRefused) {
  for (const char* action : {"../admin", "/a/../b", "a/%2e%2E/b", "a#b", "a b"}) EXPECT_FALSE(call(api(), action)) << action;
}

TEST(HttpApiUrl, ASecondUrlInTheQueryIsNoAbsoluteUrl) {
  EXPECT_EQ(url_of("https://h/v1", "fetch?url=https://x/"), "https://h/v1/fetch?url=https://x/");
}

TEST(HttpApiUrl, TheQueryIsEncoded) {
  EXPECT_EQ(url_of("https://h", "s", R"({"method":"GET","params":{"q":"a b&c","n":1,"yes":true,"no":null,"list":["x","y"]}})"),
            "https://h/s?q=a%20b%26c&n=1&yes=true&list=x&list=y");
}

TEST(HttpApiBody, DataByType) {
  const auto object = call(api(), "x", R"({"data":{"a":1}})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->request.method, "POST");
  EXPECT_EQ(object->request.body, R"({"a":1})");
  EXPECT_EQ(object->request.headers.get("Content-Type"), "application/json");
  const auto text = call(api(), "x", R"({"data":"a=1","headers":{"content-type":"application/x-www-form-urlencoded"}})");
  EXPECT_EQ(text->request.body, "a=1");
  EXPECT_EQ(text->request.headers.get_all("Content-Type"), std::vector<std::string_view>{"application/x-www-form-urlencoded"});
  EXPECT_EQ(call(api(), "x", R"({"data":"words"})")->request.headers.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(call(api(), "x")->request.body, "");
}

TEST(HttpApiBody, OtherParametersAreTheBodyOrTheQuery) {
  EXPECT_EQ(call(api(), "x", R"({"a":1,"b":"c"})")->request.body, R"({"a":1,"b":"c"})");
  EXPECT_EQ(url_of("https://h", "x", R"({"method":"get","a":1,"b":"c"})"), "https://h/x?a=1&b=c");
  const auto both = call(api(), "x", R"({"data":{},"a":1})");
  EXPECT_EQ(both->request.body, "{}");
  EXPECT_EQ(both->ignored, std::vector<std::string>{"a"});
}

TEST(HttpApiHeaders, IdempotencyKeyForAllButGet) {
  EXPECT_EQ(call(api(), "x")->request.headers.get("Idempotency-Key"), "key-1");
  EXPECT_EQ(call(api(), "x", R"({"method":"DELETE"})")->request.headers.get("Idempotency-Key"), "key-1");
  EXPECT_FALSE(call(api(), "x", R"({"method":"GET"})")->request.headers.has("Idempotency-Key"));
  EXPECT_EQ(call(api(), "x", R"({"headers":{"idempotency-key":"own"}})")->request.headers.get_all("Idempotency-Key"),
            std::vector<std::string_view>{"own"});
}

TEST(HttpApiHeaders, DefaultsAndTheTasksOwn) {
  auto settings = api();
  settings.custom_params = boost::json::parse(R"({"user_agent":"LeadAgent/1.0","headers":{"X-Team":"a"},"special":1})");
  settings.auth_header = {"X-API-Key", "k1"};
  const auto r = call(settings, "x", R"({"headers":{"x-team":"b","X-Num":7}})");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->request.headers.get("User-Agent"), "LeadAgent/1.0");
  EXPECT_EQ(r->request.headers.get_all("X-Team"), std::vector<std::string_view>{"b"});
  EXPECT_EQ(r->request.headers.get("X-Num"), "7");
  EXPECT_EQ(r->request.auth_header->second, "k1");
  EXPECT_EQ(call(settings, "x", R"({"headers":{"x-api-key":"k2"}})")->request.auth_header->second, "k2");
  EXPECT_FALSE(call(settings, "x", R"({"headers":{"a":[1]}})"));
  EXPECT_FALSE(call(settings, "x", R"({"headers":"a: b"})"));
}

TEST(HttpApiRequest, WrongShapesAreNamed) {
  for (const char* parameters : {R"({"method":1})", R"({"params":[1]})", R"({"params":"a=b"})"}) {
    const auto r = call(api(), "x", parameters);
    ASSERT_FALSE(r) << parameters;
    EXPECT_EQ(r.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(r.error().message.starts_with("parameters.")) << r.error().message;
  }
  EXPECT_FALSE(call(api(""), "x"));
  EXPECT_FALSE(call(api("ftp://h/"), "x"));
}

}  // namespace
}  // namespace skein::agent
