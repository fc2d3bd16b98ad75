#!/bin/sh
# Does my seed matter? An encoder, and files for training, for testing and from another domain.
#
#     does-my-seed-matter.sh ENCODER TRAIN.csv TEST.csv OTHER-DOMAIN.csv --text sentence --label stance
#
# Finetunes ten copies, and prints their basins and whether these predict the score in the other domain.
set -e
encoder=$1 train=$2 test=$3 other=$4
shift 4
lmc task init "$train" --test "$test" --ood "$other" "$@" --out task.toml
lmc basins --task task.toml --encoder "$encoder" --seeds 0,1,2,3,4,5,6,7,8,9 --out seeds
