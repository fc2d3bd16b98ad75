#!/bin/sh
# Are these the same basin? A folder of finetuned checkpoints, and a file with texts and labels.
#
#     same-basin.sh CHECKPOINTS DATA.csv --text sentence --label stance
#
# Prints the clusters with their intervals, and writes tables and figures into the folder basins.
set -e
checkpoints=$1 data=$2
shift 2
lmc task init "$data" "$@" --out task.toml
lmc basins "$checkpoints" --task task.toml --confidence --out basins
