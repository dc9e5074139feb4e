// What a disk that refuses means for the writer. A full disk is refused and mends itself when room is made. A disk that
// fails ends all writing until the file is opened and looked at again: after a sync that failed, Linux takes what was
// not written for clean, so trying again would say that all is well.
import GRDB

enum StoreFault {
    /// Whether nothing more may be written on this connection.
    ///
    /// - Source: Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020.
    static func isFault(_ error: any Error) -> Bool {
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_IOERR?, .SQLITE_CORRUPT?, .SQLITE_NOTADB?, .SQLITE_CANTOPEN?: true
        default: false
        }
    }

    /// Whether what failed in an operation's savepoint is its own affair, and the transaction around it goes on. A disk that is
    /// full or fails may have ended that, and whatever was written next would be outside of it.
    static func isOwn(_ error: any Error, in database: Database) -> Bool {
        database.isInsideTransaction && !isFault(error)
    }

    /// What the one who wrote is told.
    static func refusal(for error: any Error) -> Failure {
        Failure(.unavailable, message(for: error), cause: "\(error)")
    }

    private static func message(for error: any Error) -> String {
        if (error as? DatabaseError)?.resultCode == .SQLITE_FULL {
            return "The box's disk is full. Nothing was kept of this; free space and try again."
        }
        if isFault(error) {
            return "The box's disk failed while this was written. The box starts again and looks at its file; then "
                + "send this again with the same key."
        }
        return "The box could not write to its disk. Nothing was kept of this; try again."
    }
}
