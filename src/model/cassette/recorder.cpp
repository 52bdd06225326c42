#include "model/cassette/recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "http/url.hpp"

namespace skein::model {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path, std::string_view source, const SecretValues& secrets) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    const int error = errno;
    if (error == EEXIST) {
      return fail(ErrorCode::already_exists, path + " exists: remove it first or record to another file; a recording is never overwritten");
    }
    return fail(ErrorCode::store_failed, "cannot record to " + path + ": " + reason(error));
  }
  File file(::fdopen(descriptor, "wb"));
  if (!file) {
    (void)::close(descriptor);
    return fail(ErrorCode::store_failed, "cannot record to " + path);
  }
  std::unique_ptr<Recorder> recorder(new Recorder(path, std::move(file), secrets));
  if (auto ok = recorder->write(cassette_head(source)); !ok) return std::unexpected(std::move(ok.error()));
  return recorder;
}

Result<void> Recorder::note(RecordedModel model) {
  const std::lock_guard lock(mutex_);
  if (auto url = http::Url::parse(model.base_url)) {
    url->drop_credentials();
    model.base_url = secrets_.redact(url->text());
    while (model.base_url.ends_with('/')) model.base_url.pop_back();  // paths are added to it
  }
  auto line = cassette_line(model);
  if (!models_.insert(line).second) return {};
  return write(std::move(line));
}

Result<void> Recorder::note(const RecordedRequest& request, const RecordedAnswer& answer) {
  const std::lock_guard lock(mutex_);
  return write(cassette_line(request, answer));
}

Result<void> Recorder::write(std::string line) {
  line += '\n';
  const bool written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() && std::fflush(file_.get()) == 0;
  if (!written) return fail(ErrorCode::store_failed, "cannot record to " + path_ + ": " + reason(errno));
  return {};
}

}  // namespace skein::model
