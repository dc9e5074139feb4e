// The house rules that a reader would otherwise have to check: which way things point, how long files are, that what
// crosses modules is documented, and that nothing is public.
import Foundation
import Testing

@Suite struct TidyTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private struct SourceFile {
        let path: String
        let lines: [Substring]
    }

    private static func files(under folder: String, suffix: String = ".swift") throws -> [SourceFile] {
        let base = root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: base.path())?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(suffix) && !$0.contains("dist/") }.map { path in
            let text = try String(contentsOf: base.appending(path: path), encoding: .utf8)
            return SourceFile(
                path: "\(folder)/\(path)", lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// The modules a file imports.
    private static func imports(_ file: SourceFile) -> Set<String> {
        Set(
            file.lines.compactMap { line in
                let words = line.split(separator: " ").filter { !["package", "private", "internal"].contains($0) }
                return words.first == "import" ? words.dropFirst().first.map(String.init) : nil
            })
    }

    @Test func `core knows no driver, no wire and no device`() throws {
        let allowed: Set = [
            "Foundation", "GRDB", "GRDBSQLite", "Logging", "DequeModule", "Synchronization", "CSodium", "CSpatiaLite",
            "CPasswords",
        ]
        for file in try Self.files(under: "Sources/Core") {
            #expect(Self.imports(file).isSubset(of: allowed), "\(file.path)")
        }
    }

    @Test func `drivers know core's words and no database`() throws {
        for file in try Self.files(under: "Sources/Drivers") {
            let imports = Self.imports(file)
            #expect(imports.isDisjoint(with: ["GRDB", "GRDBSQLite", "Appliance", "CSodium"]), "\(file.path)")
        }
    }

    @Test(arguments: [
        ("CLibUSB", "Sources/Drivers/USB"), ("CMicroHTTPD", "Sources/Drivers/HTTP"),
        ("CWSLay", "Sources/Drivers/WebSocket"), ("CGnuTLS", "Sources/Drivers/TLS"), ("CSodium", "Sources/Core/Basics"),
        ("CQREncode", "Sources/Drivers/Codes"), ("CZint", "Sources/Drivers/Codes"),
        ("CPango", "Sources/Drivers/Labels"),
        ("CCUPS", "Sources/Drivers/Printing"),
        ("CTurboJPEG", "Sources/Drivers/Imaging"),
        ("CPNG", "Sources/Drivers/Imaging"), ("CWebP", "Sources/Drivers/Imaging"),
        ("CHEIF", "Sources/Drivers/Imaging"),
        ("CConfine", "Sources/Drivers/Imaging"),
        ("CPQ", "Sources/Drivers/Postgres"), ("CHub", "Sources/Drivers/Postgres"),
        ("CSpatiaLite", "Sources/Core/Storage"), ("GRDBSQLite", "Sources/Core/Storage"),
    ])
    func `a C library is wrapped in one folder`(library: String, folder: String) throws {
        for file in try Self.files(under: "Sources") where Self.imports(file).contains(library) {
            #expect(file.path.hasPrefix(folder), "\(file.path)")
        }
    }

    @Test func `the appliance speaks to the store through desks`() throws {
        for file in try Self.files(under: "Sources/Appliance") {
            #expect(
                Self.imports(file).isDisjoint(with: [
                    "GRDB", "GRDBSQLite", "CLibUSB", "CMicroHTTPD", "CWSLay", "CGnuTLS", "CQREncode", "CZint",
                    "CPango", "CCUPS", "CPQ", "CHub",
                ]),
                "\(file.path)")
        }
    }

    @Test func `no file has more than 500 lines and each opens by saying what it is for`() throws {
        let sources =
            try Self.files(under: "Sources") + Self.files(under: "Tests")
            + Self.files(under: "Sources/Appliance/Web/src", suffix: ".ts")
        for file in sources {
            #expect(file.lines.count <= 500, "\(file.path) has \(file.lines.count) lines")
            #expect(file.lines.first?.hasPrefix("//") == true, "\(file.path)")
        }
    }

    @Test func `nothing is public`() throws {
        for file in try Self.files(under: "Sources") {
            let isPublic = file.lines.contains {
                $0.drop { $0 == " " }.hasPrefix("public ") || $0.drop { $0 == " " }.hasPrefix("open ")
            }
            #expect(!isPublic, "\(file.path)")
        }
    }

    @Test func `a type that crosses modules is documented`() throws {
        let kinds = ["struct", "class", "enum", "protocol", "actor", "final class", "typealias"]
        for file in try Self.files(under: "Sources") {
            for (number, line) in file.lines.enumerated()
            where kinds.contains(where: { line.hasPrefix("package \($0) ") }) {
                let above = file.lines[..<number].last { !$0.hasPrefix("@") && !$0.hasPrefix("// ") } ?? ""
                #expect(above.hasPrefix("///"), "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `a trap, a cast and an unchecked claim say why in the line above`() throws {
        let claims = ["@unchecked Sendable", "nonisolated(unsafe)", "try!", "as!", "fatalError("]
        for file in try Self.files(under: "Sources") {
            for (number, line) in file.lines.enumerated() where claims.contains(where: { line.contains($0) }) {
                guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { continue }
                let above = number > 0 ? file.lines[number - 1].drop { $0 == " " } : ""
                #expect(above.hasPrefix("//"), "\(file.path):\(number + 1)")
            }
        }
    }
}
