/* Prints the events of raw recordings, as firmware/c/main.c does: events MODEL THRESHOLD|own CHUNK AUDIO... */
#include "../../../firmware/c/tell.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const char *line) { fputs(line, stdout); }

static void *read_file(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    long size;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(file);
    data = malloc((size_t)size + 1);
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *bytes = (size_t)size;
    return data;
}

static void check(earnest_status status) {
    if (status != EARNEST_OK) {
        fprintf(stderr, "%s\n", earnest_status_text(status));
        exit(1);
    }
}

int main(int argc, char **argv) {
    earnest_listener *listener;
    earnest_config config;
    size_t bytes, chunk;
    void *memory;
    int n;
    if (argc < 5) {
        return 2;
    }
    chunk = (size_t)atoi(argv[3]);
    check(earnest_config_default(&config, sizeof config));
    config.model = read_file(argv[1], &config.model_bytes);
    config.own_threshold = strcmp(argv[2], "own") != 0;
    config.threshold = (float)atof(argv[2]);
    check(earnest_required_bytes(&config, &bytes, NULL));
    memory = malloc(bytes);
    check(earnest_init(memory, bytes, &config, &listener, NULL));
    for (n = 4; n < argc; n++) {
        earnest_event event;
        int16_t *samples = read_file(argv[n], &bytes);
        size_t total = bytes / 2, at = 0;
        uint64_t now;
        while (at < total) {
            size_t left = total - at < chunk ? total - at : chunk;
            do {
                size_t taken;
                check(earnest_push(listener, samples + at, left, &taken, &event));
                at += taken;
                left -= taken;
                if (event.kind != EARNEST_EVENT_NONE) {
                    tell_event(&event, print);
                }
            } while (event.kind != EARNEST_EVENT_NONE);
        }
        check(earnest_now(listener, &now));
        if (now != total) {
            return 3;
        }
        printf("end %lu\n", (unsigned long)total);
        check(earnest_reset(listener));
        free(samples);
    }
    check(earnest_release(listener));
    free(memory);
    free((void *)config.model);
    return 0;
}
