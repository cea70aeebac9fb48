/** Bodies of the events by which rank 0 passes on (GOV-32, GOV-33). */
import type { CborValue } from '../cbor.ts'
import type { EventId, FeedId } from '../ids.ts'
import { limits } from '../limits.ts'
import { authorBytes, cutsShape, open, readAuthors, readCuts, readId, refused, uuidBytes } from './act-parts.ts'
import type { AuthorKey } from './names.ts'

/** GOV-32: `[predecessor, [holder …], threshold, [guardian …], [[feed, last valid seq] …]]`. */
export interface RootAct {
  readonly type: 'root.set'
  /** The genesis, or another `root.set`. */
  readonly predecessor: EventId
  readonly holders: readonly AuthorKey[]
  /** How many guardians it takes; 0 exactly when there are none. */
  readonly threshold: number
  readonly guardians: readonly AuthorKey[]
  /** Up to where the acts of holders whom it drops stand. */
  readonly cuts: ReadonlyMap<FeedId, number>
}

/** GOV-33: `[root.set]`. */
export interface ApproveAct {
  readonly type: 'root.approve'
  readonly root: EventId
}

export const rootShape = (act: RootAct | ApproveAct): CborValue =>
  act.type === 'root.approve'
    ? [uuidBytes(act.root)]
    : [
        uuidBytes(act.predecessor),
        act.holders.map(authorBytes),
        act.threshold,
        act.guardians.map(authorBytes),
        cutsShape(act.cuts),
      ]

export const readRoot = (body: Uint8Array): RootAct => {
  const reader = open(body, 5)
  const predecessor = readId(reader)
  const holders = readAuthors(reader, 1, limits.foundersMax)
  const threshold = reader.uint()
  const guardians = readAuthors(reader, 0, limits.guardiansMax)
  const cuts = readCuts(reader)
  reader.end()
  const isSound = guardians.length === 0 ? threshold === 0 : threshold >= 1 && threshold <= guardians.length
  if (!isSound || hasTwice(holders) || hasTwice(guardians)) throw refused()
  return { type: 'root.set', predecessor, holders, threshold, guardians, cuts }
}

export const readApprove = (body: Uint8Array): ApproveAct => {
  const reader = open(body, 1)
  const root = readId(reader)
  reader.end()
  return { type: 'root.approve', root }
}

const hasTwice = (authors: readonly AuthorKey[]): boolean => new Set(authors).size < authors.length
