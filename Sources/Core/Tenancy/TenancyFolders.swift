// The folders of the organisations: one each, which counts once it is whole and is gone once it is renamed. What a power
// cut leaves half made or half removed is put away at the next start.
package import Foundation

/// Makes and removes the folders of organisations, those beside the first.
package struct TenancyFolders: Sendable {
    private let folder: String

    package init(data: String) { folder = Tenancy.folders(in: data) }

    private func making(_ id: Tenancy.ID) -> String { "\(folder)/making-\(id.rawValue)" }
    private func erasing(_ id: Tenancy.ID) -> String { "\(folder)/erasing-\(id.rawValue)" }

    /// Makes a folder in which an organisation is founded.
    package func begin(_ id: Tenancy.ID) throws -> String {
        try Folder.make(making(id))
        return making(id)
    }

    /// Gives a founded organisation's folder its name.
    package func settle(_ id: Tenancy.ID) throws {
        try Folder.rename(making(id), to: "\(folder)/\(id.rawValue)")
    }

    /// Takes an organisation's folder out of use, at once and for good.
    package func condemn(_ id: Tenancy.ID) throws {
        try Folder.rename("\(folder)/\(id.rawValue)", to: erasing(id))
    }

    /// Removes a condemned folder with everything in it.
    package func remove(_ id: Tenancy.ID) throws {
        do {
            try FileManager.default.removeItem(atPath: erasing(id))
            try Folder.sync(file: folder)
        } catch {
            throw Failure(
                .unavailable, "Not everything could be removed: remove \(erasing(id)) by hand.", cause: "\(error)")
        }
    }

    /// Gives what root made to whoever has the data folder.
    package func giveToOwner() {
        let data = (folder as NSString).deletingLastPathComponent
        Folder.giveToOwner(of: data, folder)
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for name in all { Folder.giveToOwner(of: data, "\(folder)/\(name)") }
    }

    /// Removes what was half made. - Returns: those whose removal was begun and not ended.
    package func sweep() throws -> [Tenancy.ID] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("making-") {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        return names.filter { $0.hasPrefix("erasing-") }.map { Tenancy.ID(String($0.dropFirst(8))) }
    }
}
