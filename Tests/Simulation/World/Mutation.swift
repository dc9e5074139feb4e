// Mistakes that the protocol must not survive: each is made on purpose, and the checker must find it out. If it does not, the
// checker is no good.

/// One mistake.
package enum Mutation: String, CaseIterable, Sendable {
    // At the hub.
    case hashIsNotCompared, chainIsNotCompared, digestIsNotLookedAt, gapsAreTaken, ackBeforeKeeping, duplicatesAreKept,
        ackStandsStill
    case lastRowIsLost, poisonIsDropped, positionIsUsedTwice, refusalsAreToldOnce, hubKeepsItsEpoch, markIsNotCompared
    case moreIsAlwaysSaid, siblingsAreNotAsked, endsAreNotCompared, markIsOfOneChange, partsForgetRefusals, endIsNotTold
    // At the box.
    case hubsMoreIsBelieved, forkIsPassedOver, forkKeepsItsEpoch, hubsLessIsIgnored
    case lostAnswerIsTakenForOK, lanesAreForgotten, unsyncedRowsAreSent, readSkipsARow, refusalsAreNotKept
    case troubleIsFinal, cursorIsNotKept, cursorRunsAhead, freshIsPassedOver
    // In the merge.
    case vectorsAreNotCompared, latestArrivalStands, wholeRowIsMerged, sidesAreDropped, ownRowsAreNeverTold
    case baseIsDropped, historyIsDropped, waitingEditsAreForgotten, rowsAreNotKept, answerKnowsOneSide

    /// Where the search begins: some need what happens in few histories, and those before have been looked at.
    var firstSeed: UInt64 {
        switch self {
        case .endsAreNotCompared: 240
        case .siblingsAreNotAsked: 685
        case .markIsOfOneChange: 11_320
        case .endIsNotTold: 282_240
        default: 1
        }
    }
}
