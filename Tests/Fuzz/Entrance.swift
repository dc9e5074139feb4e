// Where the fuzzers' binary begins: it hands over to libFuzzer. SwiftPM gives every executable an entry point of its own
// unless the whole build is for fuzzing, dependencies included, so libFuzzer is called as the library it also is.
// Built by `make fuzz` only.

/// - Source: llvm.org/docs/LibFuzzer, "Using libFuzzer as a library".
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ input: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main struct Entrance {
    static func main() {
        var (count, arguments) = (CommandLine.argc, CommandLine.unsafeArgv)
        _ = runFuzzer(&count, &arguments) { fuzzOneInput($0, $1) }
    }
}
