//! Types of numbers, and damage.

use super::*;

pub fn types_of_numbers(place: &Place) {
    use safetensors::tensor::Dtype;
    sentences(place);
    bert().save(place, "base");
    let floats = |tensor: &Tensor| -> Vec<f32> {
        tensor.bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    };
    let with = |dtype: Dtype, bytes: fn(f32) -> Vec<u8>| {
        let mut model = bert();
        for tensor in model.tensors.values_mut() {
            tensor.bytes = floats(tensor).into_iter().flat_map(bytes).collect();
            tensor.dtype = dtype;
        }
        model
    };
    with(Dtype::F64, |x| f64::from(x).to_le_bytes().to_vec()).save(place, "double");
    same(place, &["base", "double"]);
    let trainer = with(Dtype::BF16, |x| ((x.to_bits() >> 16) as u16).to_le_bytes().to_vec());
    let trainer =
        ["optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "trainer_state.json"]
            .into_iter()
            .fold(trainer, |model, name| model.file(name, "PK"));
    trainer.save(place, "checkpoint-500");
    with(Dtype::F32, |x| f32::from_bits(x.to_bits() >> 16 << 16).to_le_bytes().to_vec()).save(place, "cut");
    same(place, &["cut", "checkpoint-500"]);
    // 1.0 and -2.0 in 16 bits.
    let mut half = bert();
    let whole = |bytes: fn(u16) -> Vec<u8>| {
        (0..2 * 16u16).flat_map(move |i| bytes(if i % 2 == 0 { 0x3c00 } else { 0xc000 })).collect()
    };
    let shape = vec![2, 16];
    half.tensors.insert(
        "classifier.weight".into(),
        Tensor { dtype: Dtype::F16, shape: shape.clone(), bytes: whole(|x| x.to_le_bytes().to_vec()) },
    );
    half.save(place, "half");
    bert()
        .tensor(
            "classifier.weight",
            Tensor::f32(&shape, (0..32).map(|i| if i % 2 == 0 { 1.0 } else { -2.0 })),
        )
        .save(place, "single");
    same(place, &["single", "half"]);
    bert()
        .tensor("classifier.bias", Tensor { dtype: Dtype::I16, shape: vec![2], bytes: vec![0; 4] })
        .save(place, "odd");
    refused(place, "odd", &["tensor classifier.bias has dtype I16, expected a float"]);
}

pub fn damaged(place: &Place) {
    sentences(place);
    let folder = bert().save(place, "odd");
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let page: &[u8] = b"<!DOCTYPE html>\n<html></html>\n";
    for (damage, says) in [
        (&bytes[..bytes.len() / 2], "not a complete safetensors file"),
        (&bytes[..7], "not a complete safetensors file"),
        (&[0xff; 64], "not a complete safetensors file"),
        (b"", "the file is empty"),
        (page, "page"),
    ] {
        std::fs::write(&path, damage).unwrap();
        refused(place, "odd", &["odd/model.safetensors: ", says]);
    }
    std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n").unwrap();
    refused(place, "odd", &["pointer of Git LFS", "git lfs pull"]);
    std::fs::remove_file(&path).unwrap();
    refused(place, "odd", &["no weights; looked for model.safetensors"]);
    bert().tensor("classifier.bias", Tensor::f32(&[2], [f32::NAN; 2])).save(place, "nan");
    refused(place, "nan", &["loss is NaN"]);
    std::fs::remove_file(folder.join("config.json")).unwrap();
    refused(place, "odd", &["odd/config.json", "check the path"]);
    for (name, says) in [
        ("epoch=1.ckpt", "a checkpoint without config.json"),
        ("bert_config.json", "a TensorFlow checkpoint"),
        ("adapter_config.json", "adapter_config.json: `base_model_name_or_path`: it names no model; write"),
    ] {
        std::fs::write(folder.join(name), "{}").unwrap();
        refused(place, "odd", &[says]);
    }
    std::fs::remove_file(folder.join("adapter_config.json")).unwrap();
    std::fs::write(folder.join("config.json"), page).unwrap();
    refused(place, "odd", &["odd/config.json: a web page"]);
}

pub fn adapters(place: &Place) {
    sentences(place);
    let layer = "bert.encoder.layer.0.attention.self.query";
    let base = bert();
    base.save(place, "base");
    // Twice the product of a column of halves and a row that begins with 1: 1 more in the first column.
    let mut merged = base.clone();
    let weight = merged.tensors.get_mut(&format!("{layer}.weight")).unwrap();
    for row in weight.bytes.chunks_exact_mut(4 * 16) {
        let first = f32::from_le_bytes(row[..4].try_into().unwrap()) + 1.0;
        row[..4].copy_from_slice(&first.to_le_bytes());
    }
    merged.save(place, "merged");
    let folder = place.path("adapter");
    std::fs::create_dir(&folder).unwrap();
    let describe = |base: &str, r: usize| {
        let described = json!({"peft_type": "LORA", "r": r, "lora_alpha": 2, "base_model_name_or_path": base, "bias": "none"});
        place.write("adapter/adapter_config.json", described.to_string());
    };
    let tensors = [
        (
            format!("base_model.model.{layer}.lora_A.weight"),
            Tensor::f32(&[1, 16], (0..16).map(|i| if i == 0 { 1.0 } else { 0.0 })),
        ),
        (format!("base_model.model.{layer}.lora_B.weight"), Tensor::f32(&[16, 1], [0.5; 16])),
    ];
    let views = tensors.iter().map(|(name, tensor)| {
        let view = safetensors::tensor::TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
        (name, view.unwrap())
    });
    safetensors::serialize_to_file(views, None, &folder.join("adapter_model.safetensors")).unwrap();
    // Seen from the adapter, and from the working folder; the tokenizer is that of the base.
    for base in ["../base", "base"] {
        describe(base, 1);
        same(place, &["merged", "adapter"]);
    }
    different(place, "base", "adapter");
    place.lmc("finetune --encoder adapter --n-train 64 --length 1it --seeds 1").handled();
    describe("base", 2);
    refused(place, "adapter", &["lora_A.weight", "[1, 16]", "[2, 16]", "`base_model_name_or_path`"]);
    describe("gone", 1);
    refused(
        place,
        "adapter",
        &["adapter_config.json: `base_model_name_or_path`: got gone: there is no such folder"],
    );
}
