"""A module for each group of features of the language, with the scenarios that kill a process inside them."""

from features.agents import Agents
from features.family import Family
from features.graphs import Graphs
from features.limits import Budget, Slots
from features.mixed import Mixed
from features.money import Money
from features.people import People
from features.program import Program
from features.timing import Signals, Timers
from features.travel import Travel

# Seeds take turns: seed N tries FEATURES[N % len(FEATURES)].
FEATURES = [Mixed, Graphs, People, Family, Slots, Mixed, Travel, Signals, Budget, Timers, Agents, Money, Program]
