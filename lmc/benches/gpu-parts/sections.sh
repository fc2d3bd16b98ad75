# shellcheck shell=bash
# The sections of `lmc/benches/gpu run`: each is a process of its own with a time limit of its own. What a section prints on its
# output are rows, one JSON object a line, kept as they come; so a section that fails or is stopped loses only what is missing.

# Finds the libraries of the Python's PyTorch, for a program that was built without CUDA.
find_libtorch() {
    local site libraries
    python="${LMC_REFERENCE_PYTHON:-python3}"
    command -v "$python" >/dev/null || die "no $python was found: name a Python with PyTorch 2.11 by LMC_REFERENCE_PYTHON"
    ours=()
    environment=("PYTHONDONTWRITEBYTECODE=1" "HF_HUB_OFFLINE=1" "TRANSFORMERS_VERBOSITY=error" "LMC_PROGRESS=off")
    # The module is looked for and not loaded, which takes seconds.
    site="$("$python" -c 'import importlib.util as u, os; s = u.find_spec("torch"); print(os.path.dirname(os.path.dirname(s.origin)) if s else "")')"
    [[ -n "$site" ]] || { say "$python has no PyTorch: the program needs another libtorch 2.11 that it finds by itself" && return; }
    libraries="$site/torch/lib"
    for folder in "$site"/nvidia/*/lib; do
        [[ -d "$folder" ]] && libraries+=":$folder"
    done
    ours=("LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}")
    # The program names no library of CUDA; one that is loaded before it registers its devices.
    [[ "$device" == cpu ]] || ours+=("LD_PRELOAD=$site/torch/lib/libtorch_cuda.so")
}

say() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&2; }

# Watches the memory of the cards until it is stopped, and keeps the most that was taken, in MiB, in a file.
watch_memory() {
    local most=0 now
    command -v nvidia-smi >/dev/null || return 0
    while now="$(nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits 2>/dev/null | sort -n | tail -1)"; do
        if ((now > most)); then
            most=$now
            echo "$most" >"$1"
        fi
        sleep 0.2
    done
}

# section NAME SECONDS COMMAND...: runs it within its limit and within what is left of the whole time, and says how it ended.
section() {
    local name="$1" limit="$2" status=0 started=$SECONDS left watcher child state
    shift 2
    [[ -z "${instead[$name]:-}" ]] || { limit="${limits[$name]}" && set -- bash -c "${instead[$name]}"; }
    left=$((ALL - SECONDS))
    ((limit <= most)) || limit=$most
    ((limit <= left)) || limit=$left
    if ((limit < 1)); then
        state="not begun: no time was left"
        : >"$work/rows/$name.jsonl"
    else
        say "$name, at most $limit s"
        watch_memory "$work/rows/$name.memory" &
        watcher=$!
        timeout --kill-after 3 "$limit" env "${environment[@]}" "$@" \
            >"$work/rows/$name.jsonl" 2>"$work/rows/$name.log" &
        child=$!
        # Ctrl-C ends the section with everything in it.
        trap 'kill "$child" "$watcher" 2>/dev/null; exit 130' INT TERM
        wait "$child" || status=$?
        trap - INT TERM
        kill "$watcher" 2>/dev/null || true
        wait "$watcher" 2>/dev/null || true
        case "$status" in
            0) state=done ;;
            124 | 137) state="stopped: its $limit s were over" ;;
            *) state="failed with exit code $status" ;;
        esac
    fi
    printf '%s\t%s\t%d\t%d\n' "$name" "$state" $((SECONDS - started)) "$limit" >>"$work/sections.tsv"
    say "$name: $state"
}

# The program of lmc, and the side of PyTorch.
program() { section "$1" "$2" "${tf32[@]}" "${ours[@]}" "$program" "${@:3}"; }
contender() { section "$1" "$2" "$python" "$parts/contender.py" "${@:3}"; }

every_section() {
    local precisions=(float32 tf32 bf16 fp16) precision compiled=60
    # tf32 is a matter of CUDA's libraries.
    [[ "$device" != cpu ]] || precisions=(float32 bf16)
    # A miniature is too small for threads, and need not wait for a compiler.
    [[ "$size" == full ]] || { environment+=("OMP_NUM_THREADS=1") && compiled=15; }
    tf32=()
    : >"$work/sections.tsv"
    SECONDS=0
    program prepare 40 prepare "$work" "$size"
    program correctness 60 check "$work" "$device" "$size"
    for precision in "${precisions[@]}"; do
        in_precision "$precision"
        program "points-$precision" 40 points "$work" "$device" "$size" "$precision"
    done
    for precision in "${precisions[@]}"; do
        in_precision "$precision"
        program "finetuning-$precision" 40 finetuning "$work" "$device" "$size" "$precision"
    done
    contender torch-points 40 points "$work" "$device" "$size"
    contender torch-finetuning 40 finetuning "$work" "$device" "$size"
    contender torch-points-compiled "$compiled" points "$work" "$device" "$size" --compile
    contender torch-finetuning-compiled "$compiled" finetuning "$work" "$device" "$size" --compile
}

# Lets libtorch, which reads the variable when it starts, take tf32 or not.
in_precision() {
    tf32=()
    if [[ "$1" == tf32 ]]; then tf32=("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1"); fi
}
