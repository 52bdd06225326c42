#include "config/test_file.hpp"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "support/test_files.hpp"

namespace skein::config {
namespace {

constexpr std::string_view workflow = R"(name: order
inputs: {amount: integer, note: {type: string, default: none}}
agents:
  - {name: bank, type: http_api, endpoint: "http://bank.example"}
  - {name: boss, type: human}
tasks:
  - {name: quote, agent_name: boss, action: ask, parameters: {question: "how much?", answer: integer}}
  - name: pay
    agent_name: bank
    action: /pay
    approval: {message: "pay?", approvers: [eve, kim]}
    compensate: {action: /refund}
  - {name: tell, agent_name: bank, action: /tell}
outputs: {receipt: "{{ pay.result }}"}
)";

std::expected<TestFile, std::vector<Problem>> load(std::string_view cases) {
  const testing::Folder folder;
  (void)folder.write("order.yaml", workflow);
  return load_test_file(folder.write("order.test.yaml", std::string("workflow: order.yaml\ncases:\n") + std::string(cases)));
}

/// "LINE:COLUMN: message" of each problem, without the folder.
std::string problems(std::string_view cases) {
  const auto loaded = load(cases);
  if (loaded) return "none";
  std::string out;
  for (const auto& problem : loaded.error()) out += fmt::format("{}:{}: {}\n", problem.line, problem.column, problem.message);
  return out;
}

/// The problems of one fake of the task `pay`, `quote` or `tell`, in line 5.
std::string problems_of_fake(std::string_view fake) {
  return problems(fmt::format("  - name: a\n    inputs: {{amount: 1}}\n    tasks: {{{}}}\n", fake));
}

TEST(TestFile, ReadsWhatACaseSays) {
  const auto loaded = load(R"(  - name: a
    inputs: {amount: 3}
    now: "2026-05-01T10:00:00+02:00"
    env: {REGION: eu}
    signals: {paid: {sum: 3}}
    tasks:
      quote: {answer: null, by: ann}
      pay:
        - {approve: true, set: {sum: 4}, comment: fine}
        - {error: {status: 503, retry_after: 2}, after: 1s}
        - {result: null, metadata: {status: 200}}
      pay/undo: "{{ parameters.sum }}"
    expect:
      status: failed
      error: dry
      undone: [pay]
      outputs: {receipt: 1}
      tasks: {pay: {status: compensated, attempts: 2, activations: 1, parameters: {sum: 4}, result: null}}
)");
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  const auto& test = loaded->cases.at(0);
  EXPECT_EQ(test.line, 3);
  EXPECT_EQ(to_json(*test.inputs), R"({"amount":3,"note":"none"})");
  EXPECT_EQ(to_rfc3339(test.now), "2026-05-01T08:00:00.000Z");
  EXPECT_EQ(test.env.at("REGION"), "eu");
  EXPECT_EQ(to_json(test.signals.at("paid")), R"({"sum":3})");
  const auto task = [&](std::string_view name) { return TaskPath{loaded->definition->find_task(name).value()}; };
  const auto& quote = test.tasks.at(task("quote"));
  ASSERT_EQ(quote.words.size(), 1U);
  EXPECT_EQ(quote.words[0].word, Word::answer);
  EXPECT_TRUE(quote.words[0].answer.is_null());
  EXPECT_EQ(quote.words[0].by, "ann");
  const auto& pay = test.tasks.at(task("pay"));
  ASSERT_EQ(pay.words.size(), 1U);
  EXPECT_EQ(pay.words[0].word, Word::approve);
  EXPECT_EQ(to_json(Json(pay.words[0].set)), R"({"sum":4})");
  ASSERT_EQ(pay.calls.size(), 2U);
  EXPECT_EQ(pay.calls[0].error->status, 503);
  EXPECT_EQ(pay.calls[0].error->retry_after, seconds{2});
  EXPECT_EQ(pay.calls[0].after, seconds{1});
  EXPECT_TRUE(pay.calls[1].result->source().is_null());
  EXPECT_EQ(to_json(Json(pay.calls[1].metadata)), R"({"status":200})");
  EXPECT_EQ(test.tasks.at(task("pay/undo")).calls.at(0).result->source(), "{{ parameters.sum }}");
  EXPECT_EQ(test.status, RunStatus::failed);
  EXPECT_EQ(test.undone, std::vector<std::string>{"pay"});
  const auto& expected = test.expected_tasks.at(task("pay"));
  EXPECT_EQ(expected.status, TaskStatus::compensated);
  EXPECT_TRUE(expected.result.has_value() && expected.result->is_null());
}

TEST(TestFile, TasksOfInnerWorkflowsHaveTheirPathForAName) {
  const testing::Folder folder;
  (void)folder.write("order.yaml", workflow);
  (void)folder.write("shop.yaml", R"(name: shop
agents: [{name: order, type: workflow, workflow: order.yaml}, {name: api, type: custom}]
tasks:
  - {name: order, agent_name: order, action: run, parameters: {amount: 1}}
  - {name: log, agent_name: api, action: x}
)");
  const auto load_case = [&](std::string_view tasks, std::string_view expected = "{}") {
    return load_test_file(
        folder.write("shop.test.yaml",
                     fmt::format("workflow: shop.yaml\ncases:\n  - name: a\n    tasks: {}\n    expect: {{tasks: {}}}\n", tasks, expected)));
  };
  const auto loaded = load_case("{order/pay: {approve: true, result: 1}, order/pay/undo: {result: 2}}", "{order/pay: {attempts: 1}}");
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  const auto& inner = *loaded->definition->agents[0].workflow;
  EXPECT_TRUE(loaded->cases[0].tasks.contains({0, *inner.find_task("pay")}));
  EXPECT_TRUE(loaded->cases[0].tasks.contains({0, *inner.find_task("pay/undo")}));
  EXPECT_TRUE(loaded->cases[0].expected_tasks.contains({0, *inner.find_task("pay")}));

  const auto problem = [&](std::string_view tasks) {
    const auto wrong = load_case(tasks);
    return wrong ? "none" : wrong.error().front().message;
  };
  EXPECT_EQ(problem("{order/pai: {result: 1}}"), "workflow 'order' has no task 'pai'; did you mean 'pay'?");
  EXPECT_EQ(problem("{log/pay: {result: 1}}"), "task 'log' runs no workflow, so there is no 'pay' in it; write only its name");
  EXPECT_EQ(problem("{order/tell: {approve: true}}"), "task 'tell' has no 'approval', so nobody is asked; remove this key");
  EXPECT_EQ(problem("{order: {result: 1}, order/tell: {result: 1}}"),
            "task 'order' is faked as a whole, so nothing in it is called; remove one of the two");
}

TEST(TestFile, ExpectsCompletionWhereNothingIsSaid) {
  const auto loaded = load("  - {name: a, inputs: {amount: 1}}\n");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->cases[0].status, RunStatus::completed);
  EXPECT_EQ(loaded->cases[0].now, default_test_time);
  EXPECT_EQ(to_rfc3339(default_test_time), "2026-01-01T00:00:00.000Z");
  EXPECT_FALSE(loaded->cases[0].outputs);
}

TEST(TestFile, NamesUnknownTasksKeysAndOutputs) {
  EXPECT_EQ(problems_of_fake("pai: {result: 1}"), "5:13: workflow 'order' has no task 'pai'; did you mean 'pay'?\n");
  EXPECT_EQ(problems_of_fake("pay: {rezult: 1}"), "5:19: unknown key 'rezult' in fake; did you mean 'result'?\n");
  EXPECT_EQ(problems("  - {name: a, inputs: {amount: 1}, expect: {outputs: {recept: 1}, tasks: {pai: {}}, undone: [pai], status: done}}\n"),
            "3:55: workflow 'order' has no output 'recept'; did you mean 'receipt'?\n"
            "3:75: workflow 'order' has no task 'pai'; did you mean 'pay'?\n"
            "3:94: workflow 'order' has no task 'pai'; did you mean 'pay'?\n"
            "3:108: 'status' cannot be 'done'; write waiting, completed, partially_completed, failed or cancelled\n");
}

TEST(TestFile, ChecksInputs) {
  EXPECT_EQ(problems("  - name: a\n    inputs: {amont: 1}\n"),
            "4:13: missing input 'amount'; give it an integer\n4:13: unknown input 'amont'; did you mean 'amount'?\n");
  EXPECT_EQ(problems("  - name: a\n"), "3:5: missing input 'amount'; give it an integer\n");
}

TEST(TestFile, RefusesFakesThatMakeNoSense) {
  const auto refused = [](std::string_view fake, std::string_view why) { EXPECT_TRUE(problems_of_fake(fake).contains(why)) << fake; };
  refused("pay: {}", "this says neither what the call gives");
  refused("pay: []", "an empty list answers nothing");
  refused("pay: 7", "write {result: …}");
  refused("pay: {result: 1, error: {}}", "a result or an error, not both");
  refused("pay: {approve: true, reject: true}", "exclude each other");
  refused("pay: {approve: true, by: ann}", "'ann' is not asked; eve or kim may answer");
  refused("pay: {reject: true, set: {a: 1}}", "belongs beside approve: true");
  refused("pay: {approve: true, after: 1}", "belongs beside result or error");
  refused("pay: {error: {}, metadata: {a: 1}}", "belongs beside a result");
  refused("tell: {approve: true}", "task 'tell' has no 'approval'");
  refused("quote: {approve: true}", "kind human is: answer");
  refused("tell: {unanswered: true}", "task 'tell' asks nobody");
  refused("tell: {answer: 1}", "is not of kind human");
  refused("quote: [{answer: 1}, {result: 1}]", "a person's answer and a result exclude each other");
  refused("pay: {error: {code: slow}}", "'code' cannot be 'slow'");
}

TEST(TestFile, PointsIntoExpressions) {
  EXPECT_EQ(problems_of_fake("pay: {result: {a: \"{{ parametrs.x }}\"}}"), "5:35: unknown name 'parametrs'; did you mean 'parameters'?\n");
  EXPECT_EQ(problems_of_fake("pay: \"{{ fetch.result }}\""),
            "5:22: unknown name 'fetch'; a faked result knows parameters, action, task, attempt, activation and inputs\n");
  EXPECT_TRUE(problems_of_fake("pay: \"{{ parameters. }}\"").starts_with("5:"));
}

TEST(TestFile, WantsNamesOfItsOwnForCases) {
  EXPECT_EQ(problems("  - {name: a, inputs: {amount: 1}}\n  - {name: a, inputs: {amount: 1}}\n"),
            "4:12: another case has the name 'a'; give each its own\n");
  EXPECT_TRUE(problems("  - {name: a, inputs: {amount: 1}, now: tomorrow}\n").contains("'now' is not a date with time and zone"));
}

TEST(TestFile, TellsOfTheWorkflowUnderItsOwnName) {
  const testing::Folder folder;
  const auto file = folder.write("a.test.yaml", "workflow: b.yaml\ncases: [{name: x}]\n");
  auto loaded = load_test_file(file);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().at(0).line, 1);
  EXPECT_EQ(loaded.error()[0].message, "b.yaml: there is no such file; check the path");

  (void)folder.write("b.yaml", "name: b\ntasks: [{name: a, agent_name: local, action: transform, depend_on: [x]}]\n");
  loaded = load_test_file(file);
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().at(0).file.ends_with("b.yaml"));
  EXPECT_EQ(loaded.error()[0].line, 2);
}

TEST(TestFile, RefusesWhatIsNoTestFile) {
  const testing::Folder folder;
  const auto wrong = [&](std::string_view name, std::string_view text) {
    const auto loaded = load_test_file(folder.write(name, text));
    return loaded ? "none" : loaded.error().back().message;
  };
  EXPECT_EQ(wrong("a.txt", "x"), "not a test file by its name; name it .yaml, .yml or .json");
  EXPECT_EQ(wrong("a.test.yaml", " "), "the file is empty; write 'workflow:' and 'cases:'");
  EXPECT_TRUE(wrong("a.test.yaml", "[]").contains("must be an object"));
  EXPECT_TRUE(wrong("a.test.yaml", "workflow: x.yaml\ncases: []").contains("'cases' needs at least 1 item"));
}

}  // namespace
}  // namespace skein::config
