// The same from C++11: a listener that releases itself, in memory of its own.
//
//     listen_cpp MODEL AUDIO
#include <earnest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

class Listener {
public:
    // `model` must outlive the listener.
    explicit Listener(const std::vector<char> &model) {
        earnest_config config;
        earnest_config_default(&config, sizeof config);
        config.model = model.data();
        config.model_bytes = model.size();
        config.pre_roll_samples = EARNEST_SAMPLE_RATE_HZ / 2;
        earnest_error error = {};
        std::size_t bytes = 0;
        check(earnest_required_bytes(&config, &bytes, &error), error);
        // Aligned to 8 bytes.
        memory_.reset(new std::uint64_t[(bytes + 7) / 8]);
        check(earnest_init(memory_.get(), bytes, &config, &listener_, &error), error);
    }

    ~Listener() { earnest_release(listener_); }

    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    // Calls `handle` with every event in the samples.
    template <typename Handle> void push(const std::vector<std::int16_t> &samples, Handle handle) {
        const std::int16_t *pcm = samples.data();
        std::size_t left = samples.size();
        earnest_event event;
        do {
            std::size_t taken = 0;
            check(earnest_push(listener_, pcm, left, &taken, &event), earnest_error());
            pcm += taken;
            left -= taken;
            if (event.kind != EARNEST_EVENT_NONE) {
                handle(event);
            }
        } while (event.kind != EARNEST_EVENT_NONE);
    }

private:
    static void check(earnest_status status, const earnest_error &error) {
        if (status != EARNEST_OK) {
            throw std::runtime_error(std::string(earnest_status_text(status)) + " " + error.field);
        }
    }

    std::unique_ptr<std::uint64_t[]> memory_;
    earnest_listener *listener_ = nullptr;
};

std::vector<char> read(const char *path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error(std::string("can't read ") + path);
    }
    return std::vector<char>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s MODEL AUDIO\n", argv[0]);
        return 2;
    }
    try {
        const std::vector<char> model = read(argv[1]), bytes = read(argv[2]);
        std::vector<std::int16_t> samples;
        for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
            const unsigned low = static_cast<unsigned char>(bytes[i]), high = static_cast<unsigned char>(bytes[i + 1]);
            samples.push_back(static_cast<std::int16_t>(low | high << 8));
        }
        Listener listener(model);
        listener.push(samples, [](const earnest_event &event) {
            if (event.kind == EARNEST_EVENT_WAKE) {
                std::printf("woke at %.2f s, score %.2f, needed %.2f\n",
                            static_cast<double>(event.start) / EARNEST_SAMPLE_RATE_HZ,
                            static_cast<double>(event.score), static_cast<double>(event.threshold));
            }
        });
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
