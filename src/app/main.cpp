#include "cli/cli.hpp"

int main(int argc, char** argv) { return skein::cli::run_command_line(argc, argv); }
