// Mistakes that the protocol must not survive: each is made on purpose, and the checker must find it out. If it does not, the
// checker is no good.

/// One mistake.
enum Mutation: String, CaseIterable, Sendable {
    // At the hub.
    case hashIsNotCompared, chainIsNotCompared, digestIsNotLookedAt, gapsAreTaken, ackBeforeKeeping, duplicatesAreKept,
        ackStandsStill
    case lastRowIsLost, poisonIsDropped, positionIsUsedTwice, refusalsAreToldOnce, hubKeepsItsEpoch, markIsNotCompared
    case moreIsAlwaysSaid, siblingsAreNotAsked, endsAreNotCompared, markIsOfOneChange
    // At the box.
    case hubsMoreIsBelieved, forkIsPassedOver, forkKeepsItsEpoch, hubsLessIsIgnored
    case lostAnswerIsTakenForOK, lanesAreForgotten, unsyncedRowsAreSent, readSkipsARow, refusalsAreNotKept
    case troubleIsFinal, cursorIsNotKept, cursorRunsAhead, freshIsPassedOver
}
