#pragma once

// Everything but the coroutine form (skein/async.hpp).

#include <skein/agent.hpp>
#include <skein/builder.hpp>
#include <skein/describe.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>
#include <skein/lead_agent.hpp>
#include <skein/runtime.hpp>
#include <skein/status.hpp>
#include <skein/thinking_agent.hpp>
#include <skein/tool.hpp>
#include <skein/workflow.hpp>
#include <skein/workflow_parts.hpp>
