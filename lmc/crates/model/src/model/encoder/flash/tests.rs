//! The module without a device that has the kernel.

use rand_xoshiro::rand_core::SeedableRng;

use super::*;

fn heads(n: i64, kind: Kind) -> Tensor {
    Tensor::randn([n, 2, 8], (Kind::Float, Device::Cpu)).to_kind(kind)
}

#[test]
fn what_the_kernel_does_not_take_is_refused_with_what_it_takes() {
    let none = &Dropout::NONE;
    check(Device::Cuda(0), Kind::Half, 64, none).unwrap();
    check(Device::Cuda(0), Kind::BFloat16, 256, none).unwrap();
    let some = &Dropout::new(0.1, rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(0));
    for (device, kind, width, dropout, got) in [
        (Device::Cpu, Kind::Half, 64, none, "flash on Cpu"),
        (Device::Cuda(0), Kind::Float, 64, none, "flash in Float"),
        (Device::Cuda(0), Kind::Half, 12, none, "flash with heads of width 12"),
        (Device::Cuda(0), Kind::Half, 264, none, "flash with heads of width 264"),
        (Device::Cuda(0), Kind::Half, 64, some, "flash with dropout"),
    ] {
        let message = check(device, kind, width, dropout).unwrap_err().to_string();
        let expected =
            "expected fp16 or bf16 on CUDA without dropout, and heads of a width of 8, 16, .., 256";
        assert_eq!(message, format!("`compute.attention`: got {got}, {expected}"));
    }
}

/// The module is read and its operator found, which has no kernel for the CPU: only that is missing.
#[test]
fn on_the_cpu_the_module_loads_and_its_operator_says_what_is_missing() {
    let borders = Borders::new(&[2, 3], Device::Cpu);
    let x = heads(5, Kind::Half);
    let error = attention([&x, &x, &x], &borders, Queries::All).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, LmcError::Torch(_)), "{message}");
    assert!(message.contains("_flash_attention_forward") && message.contains("CPU"), "{message}");
}

/// Other arguments are refused before the operator is called.
#[test]
fn the_module_takes_these_arguments_and_no_others() {
    let module = CModule::load_data(&mut &MODULE[..]).unwrap();
    let tensor = || IValue::Tensor(heads(5, Kind::Half));
    let refused = |inputs: &[IValue]| module.forward_is(inputs).unwrap_err().to_string();
    let tensors = || (0..5).map(|_| tensor()).collect::<Vec<_>>();
    let with = |more: Vec<IValue>| tensors().into_iter().chain(more).collect::<Vec<_>>();
    let sound = with(vec![IValue::Int(3), IValue::Int(3), IValue::Double(0.0)]);
    assert!(refused(&sound).contains("_flash_attention_forward"), "{}", refused(&sound));
    let short = with(vec![IValue::Int(3), IValue::Int(3)]);
    assert!(refused(&short).contains("missing value for argument 'dropout'"), "{}", refused(&short));
    let other = with(vec![IValue::Int(3), IValue::Double(3.0), IValue::Double(0.0)]);
    assert!(refused(&other).contains("most_keys"), "{}", refused(&other));
}

#[test]
fn an_error_of_the_operator_is_told_in_its_own_words() {
    let told = |own: &str| {
        let trace =
            "The following operation failed in the TorchScript interpreter.\nTraceback of it:\n  line 9\n";
        told(TchError::Torch(format!("{trace}RuntimeError: {own}\nException raised from somewhere")))
            .to_string()
    };
    assert_eq!(told("cu_seqlens_q must be contiguous"), "libtorch: cu_seqlens_q must be contiguous");
    let memory = told("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GiB");
    assert!(memory.contains("out of memory, 2.00 GiB more"), "{memory}");
}
