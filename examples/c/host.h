/* What the examples have where a device has flash, a serial line and a debugger: files, and messages of what went wrong. */
#ifndef HOST_H
#define HOST_H

#include <earnest.h>
#include <stdio.h>

/* The bytes of a file, as many as there is room for; none if it can't be read. */
static size_t read_file(const char *path, void *to, size_t most) {
    FILE *file = fopen(path, "rb");
    size_t bytes = 0;
    if (file != NULL) {
        bytes = fread(to, 1, most, file);
        fclose(file);
    } else {
        perror(path);
    }
    return bytes;
}

/* Whether a call failed; then says so. `error`: what it told, or null where it tells none. */
static int failed(const char *what, earnest_status status, const earnest_error *error) {
    if (status != EARNEST_OK) {
        fprintf(stderr, "%s: %s", what, earnest_status_text(status));
        if (error != NULL) {
            fprintf(stderr, ": %s is %g, expected %g to %g", error->field, error->actual, error->min, error->max);
        }
        fprintf(stderr, "\n");
    }
    return status != EARNEST_OK;
}

#endif
