// swift-tools-version: 6.2
// The arrows of the house: Appliance → Drivers → Core. C libraries enter through Sources/Drivers/System,
// a module map and a shim each. Nothing is public: what crosses a module is `package`.
import PackageDescription

/// `make fuzz` sets it: libFuzzer brings the entry point, so the appliance is then a library without its own.
let isFuzzing = Context.environment["DEPOTD_FUZZ"] != nil

#if arch(arm64)
    let machine = "aarch64-linux-gnu"
#else
    let machine = "x86_64-linux-gnu"
#endif

/// Where pango's headers look for others. Not by pkg-config, which would link what is loaded with the first label only.
let headers = [
    "pango-1.0", "glib-2.0", "harfbuzz", "cairo", "../lib/\(machine)/glib-2.0/include",
].flatMap { ["-Xcc", "-I/usr/include/\($0)"] }

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(headers),
]

/// What ships. A debug build counts the lines it runs, so that one build serves `make test` and `make coverage`; the
/// fuzzers want the same code fast and watched. The flags are these targets' own: dependencies are compiled once for both.
let shipped: [SwiftSetting] =
    strict + [
        .unsafeFlags(
            isFuzzing ? ["-O", "-sanitize=fuzzer"] : ["-profile-generate", "-profile-coverage-mapping"],
            .when(configuration: .debug))
    ]
let counting: [LinkerSetting] = [
    .unsafeFlags([isFuzzing ? "-sanitize=fuzzer" : "-profile-generate"], .when(configuration: .debug))
]

/// What the daemon holds in memory of its own file is what it touches: addresses to be put right at the start take 20 KiB
/// this way instead of 2.8 MiB, and names that nobody looks up are left out.
let slim: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic"],
        .when(configuration: .release))
]

func cLibrary(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Drivers/System/\(name)")
}

func appliance(dependencies: [Target.Dependency]) -> Target {
    isFuzzing
        ? .target(
            name: "Appliance", dependencies: dependencies, exclude: ["Web", "Main.swift"], swiftSettings: shipped)
        : .executableTarget(
            name: "Appliance", dependencies: dependencies, exclude: ["Web"], swiftSettings: shipped,
            linkerSettings: slim)
}

let fuzzers: [Target] = [
    .executableTarget(
        name: "Fuzz", dependencies: ["Core", "Drivers", "Appliance"], path: "Tests/Fuzz",
        exclude: ["Corpora", "run", "seeds.py", "ReplayTests.swift"], swiftSettings: shipped)
]

/// Without libFuzzer the same parsers are fed the seeds, and what chance makes of them.
let replays: [Target] = [
    .testTarget(
        name: "FuzzTests", dependencies: ["Core", "Drivers", "Appliance", "Chance", "TestSupport"], path: "Tests/Fuzz",
        exclude: ["Corpora", "run", "seeds.py", "Entrance.swift"], swiftSettings: strict)
]

let package = Package(
    name: "depotd",
    products: isFuzzing ? [] : [.executable(name: "depotd", targets: ["Appliance"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        cLibrary("CLibUSB"), cLibrary("CMicroHTTPD"), cLibrary("CWSLay"),
        cLibrary("CSodium"), cLibrary("CSpatiaLite"), cLibrary("CLinux"), cLibrary("CZlib"), cLibrary("CGnuTLS"),
        cLibrary("CQREncode"), cLibrary("CZint"), cLibrary("CPango"), cLibrary("CCUPS"),
        cLibrary("CTurboJPEG"), cLibrary("CPNG"), cLibrary("CWebP"), cLibrary("CHEIF"), cLibrary("CConfine"),
        cLibrary("CPQ"),
        .target(name: "CHub", path: "Sources/Drivers/System/CHub"),
        .target(name: "CCounts", path: "Sources/Drivers/System/CCounts"),
        .target(name: "CPasswords", path: "Sources/Core/SignIn/CPasswords", exclude: ["build.sh", "dist"]),
        .target(
            name: "Core",
            dependencies: [
                "CSodium", "CSpatiaLite", "CCounts", "CPasswords",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Core.docc", "SignIn/CPasswords"],
            swiftSettings: shipped, linkerSettings: counting),
        .target(
            name: "Drivers",
            dependencies: [
                "Core", "CLibUSB", "CMicroHTTPD", "CWSLay", "CLinux", "CZlib", "CGnuTLS", "CQREncode",
                "CZint", "CPango", "CCUPS",
                "CTurboJPEG", "CPNG", "CWebP", "CHEIF", "CConfine", "CPQ", "CHub",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["System"],
            swiftSettings: shipped),
        .target(name: "CPages", path: "Sources/Appliance/Web/CPages"),
        appliance(
            dependencies: [
                "Core", "Drivers", "CPages",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
        // A driver by itself, for tests under emulated USB devices (Tests/Emulator).
        .executableTarget(
            name: "ReaderProbe",
            dependencies: ["Core", "Drivers", .product(name: "Logging", package: "swift-log")],
            path: "Tests/ReaderProbe", swiftSettings: strict),
        // The Store by itself, for `make bench` (Tests/Benchmarks).
        .executableTarget(
            name: "StoreBench",
            dependencies: [
                "Core", "Drivers", .product(name: "Logging", package: "swift-log"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Tests/Benchmarks/StoreBench", swiftSettings: strict),
        // The sync's protocol in a world of chance, by itself, so that a hundred thousand histories need no other build.
        .target(
            name: "SyncWorld", dependencies: ["Core", "Chance"], path: "Tests/Simulation/World", swiftSettings: strict),
        .executableTarget(
            name: "Histories", dependencies: ["SyncWorld"], path: "Tests/Simulation/Histories", swiftSettings: strict),
        // Numbers that a seed gives back.
        .target(name: "Chance", path: "Tests/Chance", swiftSettings: strict),
        // Clients and emulated devices that several test targets use.
        .target(
            name: "TestSupport", dependencies: ["Core", "Drivers", "PowerCutVFS", "CGnuTLS"], path: "Tests/Support",
            swiftSettings: strict),
        // A disk that forgets what was not synced, as an SQLite VFS.
        .target(name: "PowerCutVFS", path: "Tests/PowerCutVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "CoreTests",
            dependencies: ["Core", "Chance", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .testTarget(
            name: "DriversTests", dependencies: ["Core", "Drivers", "ReaderProbe", "Chance", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ApplianceTests",
            dependencies: [
                "Appliance", "Chance", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: strict),
        // The same for a few histories, its mistakes made on purpose, and the model of its hub beside PostgreSQL.
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "SyncWorld", "Core", "Drivers", "Chance", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Tests/Simulation", exclude: ["World", "Histories"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ] + (isFuzzing ? fuzzers : replays)
)
