#include "runtime/rehearsal/rehearsal.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "runtime/rehearsal/differences.hpp"
#include "support/test_files.hpp"

namespace skein::runtime {
namespace {

/// What came of one case, as text: "passed", what it lacks, or each difference as "path: expected | got".
std::string play_in(const testing::Folder& folder, std::string_view workflow, std::string_view test) {
  (void)folder.write("w.yaml", "name: w\n" + std::string(workflow));
  const auto file = folder.write("w.test.yaml", "workflow: w.yaml\ncases:\n  - name: it\n" + std::string(test));
  const auto loaded = config::load_test_file(file);
  if (!loaded) return to_string(loaded.error().front());
  const auto result = rehearse(loaded->definition, loaded->cases.front());
  if (result.passed()) return "passed";
  std::string out = result.problem;
  for (const auto& one : result.differences) out += fmt::format("{}: {} | {}\n", one.path, one.expected, one.got);
  return out;
}

std::string play(std::string_view workflow, std::string_view test) { return play_in(testing::Folder(), workflow, test); }

constexpr std::string_view one_call = R"(
agents: [{name: shop, type: http_api, endpoint: "http://shop.example", timeout: 10, retry_config: {max_attempts: 3, initial_delay: 60}}]
tasks: [{name: buy, agent_name: shop, action: /buy, parameters: {data: {what: tea}}}]
outputs: {bill: "{{ buy.result }}"}
)";

TEST(Rehearsal, GivesFakedResults) {
  EXPECT_EQ(play(one_call, R"(    tasks: {buy: {result: {sum: 3}}}
    expect: {outputs: {bill: {sum: 3.0}}, tasks: {buy: {status: completed, attempts: 1, activations: 1, parameters: {data: {what: tea}}}}}
)"),
            "passed");
}

TEST(Rehearsal, RetriesInItsOwnTime) {
  EXPECT_EQ(play(one_call, R"(    tasks:
      buy:
        - {error: {code: rate_limited, message: slow down, retry_after: 1h}}
        - {error: {status: 503}}
        - {result: 7}
    expect: {outputs: {bill: 7}, tasks: {buy: {attempts: 3}}}
)"),
            "passed");
}

TEST(Rehearsal, TheLastAnswerRepeats) {
  EXPECT_EQ(play(one_call, R"(    tasks: {buy: [{error: {code: timeout}}, {error: {message: sold out, retryable: true}}]}
    expect: {status: failed, error: sold out, tasks: {buy: {attempts: 3, error: sold out}}}
)"),
            "passed");
}

TEST(Rehearsal, WhatIsFinalIsNotRetried) {
  EXPECT_EQ(play(one_call, "    tasks: {buy: {error: {status: 404}}}\n    expect: {status: failed, tasks: {buy: {attempts: 1}}}\n"),
            "passed");
}

TEST(Rehearsal, CallsThatTakeLongerThanTheirTimeoutEndThere) {
  EXPECT_EQ(play(one_call, R"(    tasks: {buy: {result: 1, after: 11}}
    expect: {status: failed, tasks: {buy: {attempts: 3, error: Request timeout}}}
)"),
            "passed");
  EXPECT_EQ(play(one_call, "    tasks: {buy: {result: 1, after: 9}}\n"), "passed");
}

TEST(Rehearsal, ACallWithoutAFakeIsTheCasesProblem) {
  EXPECT_EQ(play(one_call, "    expect: {}\n"),
            "task 'buy' calls agent 'shop' of type http_api, and the case does not say what comes of it; add to 'tasks': buy: {result: …}");
}

TEST(Rehearsal, NeverStartsProgramsOrReadsTheEnvironment) {
  constexpr std::string_view program = R"(
agents: [{name: it, type: exec, command: "{{ env.SHELL }}", env: {TOKEN: "{{ secrets.TOKEN }}"}}]
tasks: [{name: go, agent_name: it, action: x, parameters: {region: "{{ env.REGION }}", token: "{{ secrets.TOKEN }}"}}]
)";
  EXPECT_EQ(play(program, "    tasks: {go: {result: 1}}\n"),
            "the environment variable REGION is needed; add it to the case: env: {REGION: …}");
  EXPECT_EQ(play(program, R"(    env: {REGION: eu}
    tasks: {go: {result: 1}}
    expect: {tasks: {go: {parameters: {region: eu, token: <secret TOKEN>}}}}
)"),
            "passed");
}

TEST(Rehearsal, LocalTasksWorkUnlessTheyAreFaked) {
  constexpr std::string_view local = R"(
tasks:
  - {name: plus, agent_name: local, action: transform, parameters: {value: "{{ 1 + 1 }}"}}
  - {name: rest, agent_name: local, action: wait, parameters: {seconds: 864000}, depends_on: [plus]}
outputs: {sum: "{{ plus.result }}"}
)";
  EXPECT_EQ(play(local, "    expect: {outputs: {sum: 2}, tasks: {plus: {parameters: {value: 2}}, rest: {status: completed}}}\n"), "passed");
  EXPECT_EQ(play(local, "    tasks: {plus: {result: 5}}\n    expect: {outputs: {sum: 5}, tasks: {plus: {parameters: {value: 2}}}}\n"),
            "passed");
}

/// What came of one case of a workflow whose task `publish` runs another one.
std::string play_with_inner(std::string_view inner, std::string_view outer, std::string_view test) {
  const testing::Folder folder;
  (void)folder.write("inner.yaml", "name: inner\n" + std::string(inner));
  return play_in(folder, outer, test);
}

constexpr std::string_view translation = R"(
inputs: {text: string}
agents: [{name: it, type: custom, retry_config: {max_attempts: 2, initial_delay: 60}}]
tasks:
  - {name: translate, agent_name: it, action: x, parameters: {what: "{{ inputs.text }}"}, compensate: {action: forget, parameters: {}}}
  - {name: shout, agent_name: local, action: transform, parameters: {value: "{{ translate.result | ascii_upcase }}"}}
outputs: {text: "{{ shout.result }}"}
)";
constexpr std::string_view publication = R"(
agents: [{name: inner, type: workflow, workflow: inner.yaml}]
tasks: [{name: publish, agent_name: inner, action: run, parameters: {text: hello}}]
outputs: {all: "{{ publish.result.text }}"}
)";

TEST(Rehearsal, InnerWorkflowsPlayUnlessTheyAreFaked) {
  EXPECT_EQ(play_with_inner(translation, publication,
                            R"(    tasks: {publish/translate: [{error: {code: timeout}}, "{{ inputs.text + parameters.what }}"]}
    expect:
      outputs: {all: HELLOHELLO}
      tasks: {publish: {attempts: 1}, publish/translate: {attempts: 2, parameters: {what: hello}, status: completed}, publish/shout: {result: HELLOHELLO}}
)"),
            "passed");
  EXPECT_EQ(play_with_inner(translation, publication, R"(    tasks: {publish: {result: {text: x}}}
    expect: {outputs: {all: x}, tasks: {publish/translate: {attempts: 0}}}
)"),
            "passed");
  EXPECT_EQ(play_with_inner(translation, publication, "    expect: {}\n"),
            "task 'publish/translate' calls agent 'it' of type custom, and the case does not say what comes of it; add to 'tasks': "
            "publish/translate: {result: …}");
  EXPECT_EQ(play_with_inner(translation, publication, R"(    tasks: {publish/translate: {error: {message: no such word}}}
    expect: {status: failed, tasks: {publish: {error: no such word}, publish/translate: {status: failed}, publish/shout: {attempts: 1}}}
)"),
            "tasks[\"publish/shout\"].attempts: 1 | 0\n");
}

TEST(Rehearsal, InnerRunsAskHearSignalsAndTakeTurns) {
  constexpr std::string_view careful_inner = R"(
inputs: {text: string}
concurrency: {key: one}
tasks:
  - {name: check, agent_name: local, action: transform, parameters: {value: "{{ inputs.text }}"}, approval: {message: "sure?"}}
  - {name: paid, agent_name: local, action: signal, parameters: {name: paid, timeout: 60}, continue_on_failure: true}
outputs: {text: "{{ check.result }}"}
)";
  constexpr std::string_view many = R"(
parallel_execution: true
agents: [{name: inner, type: workflow, workflow: inner.yaml}]
tasks: [{name: publish, agent_name: inner, action: run, for_each: "{{ [1, 2, 3] }}", parameters: {text: "t{{ item }}"}}]
outputs: {all: "{{ publish.result | map(.text) }}"}
)";
  EXPECT_EQ(play_with_inner(careful_inner, many, R"(    tasks: {publish/check: {approve: true}}
    signals: {paid: 1}
    expect: {outputs: {all: [t1, t2, t3]}, tasks: {publish/check: {attempts: 3}}}
)"),
            "passed");
  EXPECT_TRUE(play_with_inner(careful_inner, many, "    expect: {}\n").starts_with("task 'publish/check' asks a person before it begins"));
  EXPECT_EQ(play_with_inner(careful_inner, many, R"(    tasks: {publish/check: {unanswered: true}}
    expect: {status: waiting, tasks: {publish/check: {status: waiting}}}
)"),
            "passed");
  EXPECT_EQ(play_with_inner(careful_inner, many, "    tasks: {publish/check: {unanswered: true}}\n"),
            "task 'publish/check' waits for a person who never answers and has no timeout. If that is what you expect, write: expect: "
            "{status: waiting}");
}

TEST(Rehearsal, BeginsWhenTheCaseSays) {
  constexpr std::string_view until = R"(
tasks: [{name: rest, agent_name: local, action: wait, parameters: {until: "2030-01-01T00:00:00Z"}, timeout: 5}]
global_timeout: 1h
)";
  EXPECT_EQ(play(until, "    now: \"2029-12-31T23:30:00Z\"\n"), "passed");
  EXPECT_EQ(play(until, "    now: \"2029-12-31T22:30:00Z\"\n    expect: {status: failed}\n"), "passed");
}

TEST(Rehearsal, AnswersItemsAndRoundsByExpressionsOrInOrder) {
  constexpr std::string_view fan = R"(
parallel_execution: true
agents: [{name: it, type: custom}]
tasks: [{name: each, agent_name: it, action: x, for_each: "{{ [1, 2, 3] }}", parameters: {n: "{{ item }}"}}]
outputs: {all: "{{ each.result }}"}
)";
  EXPECT_EQ(play(fan, R"(    tasks: {each: "{{ parameters.n * 2 }}"}
    expect: {outputs: {all: [2, 4, 6]}, tasks: {each: {attempts: 3}}}
)"),
            "passed");
  EXPECT_EQ(play(fan, "    tasks: {each: [{result: a}, {result: b}]}\n    expect: {outputs: {all: [a, b, b]}}\n"), "passed");
  EXPECT_TRUE(
      play(fan, "    tasks: {each: \"{{ parameters.n | keys }}\"}\n").starts_with("the faked result of task 'each' cannot be computed"));
}

constexpr std::string_view careful = R"(
agents: [{name: bank, type: http_api, endpoint: "http://bank.example"}]
tasks: [{name: pay, agent_name: bank, action: /pay, parameters: {sum: 1}, approval: {message: "pay?", approvers: [eve], timeout: 1d}}]
)";

TEST(Rehearsal, PeopleApproveRejectOrKeepSilent) {
  EXPECT_EQ(play(careful, R"(    tasks: {pay: {approve: true, set: {sum: 2}, result: 1}}
    expect: {tasks: {pay: {parameters: {sum: 2}}}}
)"),
            "passed");
  EXPECT_EQ(play(careful, R"(    tasks: {pay: {reject: true, comment: too dear}}
    expect: {status: failed, error: "rejected by eve: too dear", tasks: {pay: {attempts: 0}}}
)"),
            "passed");
  EXPECT_EQ(play(careful, "    tasks: {pay: {unanswered: true}}\n    expect: {status: failed, error: nobody answered within}\n"), "passed");
  EXPECT_TRUE(play(careful, "    tasks: {pay: {result: 1}}\n").starts_with("task 'pay' asks a person before it begins"));
}

TEST(Rehearsal, PeopleAnswerWithWhatIsAskedFor) {
  constexpr std::string_view ask = R"(
agents: [{name: boss, type: human}]
tasks: [{name: quote, agent_name: boss, action: ask, parameters: {question: "how much?", answer: integer, to: [ann]}}]
outputs: {sum: "{{ quote.result }}", by: "{{ quote.metadata.by }}"}
)";
  EXPECT_EQ(play(ask, "    tasks: {quote: {answer: 7}}\n    expect: {outputs: {sum: 7, by: ann}}\n"), "passed");
  EXPECT_TRUE(play(ask, "    tasks: {quote: {answer: x}}\n").contains("must be an integer"));
  EXPECT_TRUE(play(ask, "    tasks: {quote: {answer: 7, by: bob}}\n").contains("'bob' is not asked"));
  EXPECT_TRUE(play(ask, "    expect: {}\n").contains("add to 'tasks': quote: {answer: …}"));
  EXPECT_EQ(play(ask, "    tasks: {quote: {unanswered: true}}\n    expect: {status: waiting, tasks: {quote: {status: waiting}}}\n"),
            "passed");
  EXPECT_TRUE(play(ask, "    tasks: {quote: {unanswered: true}}\n").contains("waits for a person who never answers"));
  EXPECT_EQ(play(ask, "    tasks: {quote: {result: 9, metadata: {by: me}}}\n    expect: {outputs: {sum: 9, by: me}}\n"), "passed");
}

TEST(Rehearsal, SignalsComeWhenTheyAreAwaited) {
  constexpr std::string_view signal = R"(
tasks:
  - {name: paid, agent_name: local, action: signal, parameters: {name: paid}}
  - {name: rest, agent_name: local, action: wait, parameters: {seconds: 60}, depends_on: [paid]}
  - {name: more, agent_name: local, action: signal, parameters: {name: more, timeout: 2h}, depends_on: [rest]}
outputs: {sum: "{{ paid.result.sum }}"}
)";
  EXPECT_EQ(play(signal, "    signals: {paid: {sum: 3}, more: null}\n    expect: {outputs: {sum: 3}}\n"), "passed");
  EXPECT_EQ(play(signal, "    signals: {paid: {sum: 3}}\n    expect: {status: failed, error: did not come}\n"), "passed");
  EXPECT_EQ(play(signal, "    expect: {status: waiting}\n"), "passed");
  EXPECT_TRUE(play(signal, "    expect: {}\n").starts_with("task 'paid' waits for the signal 'paid'; add to the case: signals: {paid: …}"));
}

TEST(Rehearsal, BreakersDeadlinesAndUndoAreReal) {
  constexpr std::string_view saga = R"(
on_failure: compensate
agents: [{name: it, type: custom, circuit_breaker: {failure_threshold: 1, recovery_timeout: 60}}, {name: other, type: custom}]
tasks:
  - {name: book, agent_name: other, action: x, compensate: {action: undo, parameters: {id: "{{ book.result }}"}}}
  - {name: fly, agent_name: it, action: x, deadline: 30, retry_config: {max_attempts: 9, initial_delay: 20, jitter: false}, retry_on: {codes: [circuit_open]}}
)";
  EXPECT_EQ(play(saga, R"(    tasks: {book: {result: 7}, fly: {error: {code: connection_failed}}, book/undo: {result: gone}}
    expect:
      status: failed
      error: fly
      undone: [book]
      tasks: {book: {status: compensated}, book/undo: {parameters: {id: 7}, result: gone}, fly: {attempts: 2, error: deadline}}
)"),
            "passed");
}

TEST(Rehearsal, OtherWorkflowsMayBeFakedAsAWhole) {
  constexpr std::string_view nested = R"(
concurrency: {limit: 1}
agents: [{name: inner, type: workflow, workflow: {name: i, tasks: [{name: a, agent_name: local, action: transform}], outputs: {x: "1"}}}]
tasks: [{name: sub, agent_name: inner, action: run}]
outputs: {x: "{{ sub.result.x }}"}
)";
  EXPECT_EQ(play(nested, "    expect: {outputs: {x: \"1\"}, tasks: {sub/a: {status: completed}}}\n"), "passed");
  EXPECT_EQ(play(nested, "    tasks: {sub: {result: {x: 5}}}\n    expect: {outputs: {x: 5}}\n"), "passed");
}

TEST(Rehearsal, TellsEveryDifference) {
  EXPECT_EQ(play(one_call, R"(    tasks: {buy: {result: {sum: 3, of: [1, 2]}}}
    expect:
      status: failed
      error: sold out
      undone: [buy]
      outputs: {bill: {sum: "3", of: [1], by: me}}
      tasks: {buy: {status: skipped, attempts: 2, activations: 2, parameters: {data: {what: coffee}}, result: 1, error: x}}
)"),
            R"(status: failed | completed
error: a message with "sold out" | no error
outputs.bill.sum: "3" | 3
outputs.bill.of: [1] | [1,2]
outputs.bill.by: "me" | nothing
undone: ["buy"] | []
tasks.buy.status: skipped | completed
tasks.buy.attempts: 2 | 1
tasks.buy.activations: 2 | 1
tasks.buy.parameters.data.what: "coffee" | "tea"
tasks.buy.result: 1 | {"sum":3,"of":[1,2]}
tasks.buy.error: a message with "x" | no error
)");
}

TEST(Differences, ComparesByValue) {
  const auto found = [](std::string_view expected, std::string_view got) {
    std::vector<Difference> out;
    compare("v", parse_json(expected).value(), parse_json(got).value(), out);
    return out.empty() ? std::string("same") : out.front().path;
  };
  EXPECT_EQ(found("1", "1.0"), "same");
  EXPECT_EQ(found("9007199254740993", "9007199254740992"), "v");
  EXPECT_EQ(found("{\"a\":1}", "{\"b\":2,\"a\":1}"), "same");
  EXPECT_EQ(found("{\"a b\":{\"c\":[1,2]}}", "{\"a b\":{\"c\":[1,3]}}"), "v[\"a b\"].c[1]");
  EXPECT_EQ(found("null", "false"), "v");
  EXPECT_EQ(found("[]", "{}"), "v");
}

}  // namespace
}  // namespace skein::runtime
