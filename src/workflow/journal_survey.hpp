#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "workflow/event.hpp"

namespace skein::workflow {

/// No event of a journal.
inline constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// What an agent called before it came to its end, or did not.
struct SurveyedCalls {
  std::uint32_t answered = 0;          ///< the more there are, the more is lost where it begins anew
  std::size_t open_model_call = nowhere;  ///< where the latest call of a model was begun first, if it was never answered
  bool model_failed = false;           ///< the latest answer is that the model could not be asked
  /// Whether going on from these calls can lead further than they did.
  bool lead_on = true;
};

/// Where in a journal an activation of a task stands, and how it ended.
struct SurveyedActivation {
  enum class Outcome : std::uint8_t {
    open,       ///< it has not ended, or only because the run did
    good,       ///< completed, or not needed: its condition was false, or no edge led to it
    tolerated,  ///< failed, and what follows went on
    failed,
    undone
  };
  std::size_t first = nowhere;         ///< its first event
  std::size_t end = nowhere;           ///< the event that ended it
  Outcome outcome = Outcome::open;
  SurveyedCalls calls;
};

/// An item of a `for_each`.
struct SurveyedItem {
  bool done = false;                   ///< it completed, or its failure is tolerated
  std::shared_ptr<const Error> error;  ///< of its last failure
  SurveyedCalls calls;
};

/// What became of each part of a run, by the events that tell of it.
struct JournalSurvey {
  std::vector<std::vector<SurveyedActivation>> activations;   ///< by task and number; without undo steps
  std::map<TaskIndex, std::vector<SurveyedItem>> items;       ///< of tasks outside graphs whose list was made
  std::vector<std::uint32_t> activation_of;                   ///< by event: of its task
  std::vector<std::size_t> taken_by;                          ///< by event: which one took this signal

  [[nodiscard]] SurveyedActivation activation(TaskIndex task, std::uint32_t number) const;
};

/// Folds a whole journal. An error: it does not fold.
[[nodiscard]] Result<JournalSurvey> survey(const DefinitionPtr& definition, const std::vector<Event>& journal);

}  // namespace skein::workflow
