#include "tools/argument_parser.h"

#include <CLI/CLI.hpp>

#include "engine/base/error.h"

namespace backshelf {
namespace {

void name_value(CLI::Option& option, const char* value_name) {
  if (value_name != nullptr) option.type_name(value_name);
}

}  // namespace

ArgumentParser::ArgumentParser(const std::string& about, const std::string& program)
    : app_(std::make_shared<CLI::App>(about, program)) {}

ArgumentParser ArgumentParser::command(const std::string& name, const std::string& about) const {
  return ArgumentParser(
      std::shared_ptr<CLI::App>(app_, app_->require_subcommand(0, 1)->add_subcommand(name, about)));
}

void ArgumentParser::word(const char* name, std::string& value, const char* help,
                          Presence presence) const {
  app_->add_option(name, value, help)->required(presence == Presence::kRequired);
}

void ArgumentParser::words(const char* name, std::vector<std::string>& values, const char* help,
                           Presence presence) const {
  app_->add_option(name, values, help)->required(presence == Presence::kRequired);
}

void ArgumentParser::option(const char* name, std::string& value, const char* help,
                            const char* value_name) const {
  name_value(*app_->add_option(name, value, help), value_name);
}

void ArgumentParser::repeated(const char* names, std::vector<std::string>& values, const char* help,
                              const char* value_name) const {
  name_value(*app_->add_option(names, values, help)->allow_extra_args(false), value_name);
}

void ArgumentParser::flag(const char* names, bool& value, const char* help) const {
  app_->add_flag(names, value, help);
}

void ArgumentParser::version(const std::string& text) const {
  app_->set_version_flag("--version", text);
}

void ArgumentParser::allow_anywhere() const {
  app_->fallthrough();
}

void ArgumentParser::when_chosen(std::function<void()> action) const {
  app_->callback(std::move(action));
}

bool ArgumentParser::parse(const std::vector<std::string>& words, const std::string& subject,
                           const std::string& hint) const {
  try {
    app_->parse(std::vector<std::string>(words.rbegin(), words.rend()));
    return true;
  } catch (const CLI::Success& success) {  // boundary: --help, --version
    (void)app_->exit(success);
    return false;
  } catch (const CLI::ParseError& error) {  // boundary: the library's error becomes ours
    throw Error(ErrorKind::kUsage, subject, error.what(), hint);
  }
}

}  // namespace backshelf
