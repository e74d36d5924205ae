# Sourced by the scripts that check: `check NAME COMMAND…` runs one and counts; `checked NAME` tells the sum and fails if one
# failed or none ran.
passed=0
failed=0

check() { # check NAME COMMAND…
    local name=$1 started=$SECONDS
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $name ($((SECONDS - started)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED  $name ($((SECONDS - started)) s)"
    fi
}

checked() { # checked NAME
    echo "$1: $passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
