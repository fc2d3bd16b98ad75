#!/bin/sh
# Which of these can I average? A folder of finetuned checkpoints, a file for choosing, and one that is held out.
#
#     which-to-average.sh CHECKPOINTS DATA.csv HELD-OUT.csv --text sentence --label stance
#
# Prints how soups within a basin, across basins and of greedy choice compare with the best single model on the
# file that is held out, and saves the greedy soup with tokenizer and model card in the folder average.
set -e
checkpoints=$1 data=$2 held_out=$3
shift 3
lmc task init "$data" --ood "$held_out" "$@" --out task.toml
lmc soup "$checkpoints" --task task.toml --save average --out soups
