import { equalBytes } from '../../spec/bytes.ts'
import { HearthError } from '../../spec/errors.ts'
import { zeroHash } from '../../spec/feed.ts'
import { tagStart } from './event-value.ts'
import { isBefore } from './feed-table.ts'
import type { Finding, VerifyProgress } from './log.ts'
import { arrivalDigest } from './recovery.ts'
import { arrivalItem, readArrival } from './runs.ts'
import { checkEvents } from './verify-events.ts'
import { checkIndexes } from './verify-indexes.ts'
import { recordsOf, type Report, type VerifyParts, type Walked } from './walk.ts'

const findingsMax = 1_000
const restore = 'stop the node and restore a backup (`hearth backup restore`)'

/** Walks the whole log in three passes of one short range read after another: nothing is held open while it runs. */
export async function verifyLog(
  parts: VerifyParts,
  onProgress: (progress: VerifyProgress) => void,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const report: Report = (finding) => {
    if (findings.length < findingsMax) findings.push({ fix: restore, ...finding })
  }
  for (const line of parts.store.damage) {
    report({
      kind: 'engine',
      what: `LevelDB dropped data when it was opened: ${line}`,
      fix: 'see the other findings; without any, nothing acknowledged was lost',
    })
  }
  const total = parts.position
  const walked: Walked = {
    tags: new Uint32Array(total + 1),
    seen: new Uint8Array(total + 1),
    feedSums: new Map(),
    channelSums: new Map(),
  }
  const phases = { events: checkEvents, positions: checkArrivals, feeds: checkIndexes } as const
  for (const phase of ['events', 'positions', 'feeds'] as const) {
    try {
      await phases[phase](parts, walked, report, (done) => onProgress({ phase, done: Math.min(done, total), total }))
    } catch (error) {
      // A table that LevelDB itself can't read, or a record that is no record: the walk of this phase ends there.
      if (!(error instanceof HearthError && error.code === 'CORRUPT')) throw error
      report({ kind: 'engine', what: `the check of ${phase} could not go on: ${error.message.split(';')[0]}` })
    }
  }
  return findings
}

/** Every position, once, each with the event that was appended there. */
async function checkArrivals(
  { store, hash, table, position: end }: VerifyParts,
  { seen, tags }: Walked,
  report: Report,
  onProgress: (done: number) => void,
): Promise<void> {
  let next = 1
  let digest: Uint8Array = zeroHash
  for await (const records of recordsOf(store, 'a')) {
    for (const record of records) {
      const { first, count, items, digest: stored } = readArrival(record)
      if (first > end) break
      if (first !== next) {
        report({ kind: 'position', position: next, what: `positions ${next} to ${first - 1} are missing` })
        digest = stored
      } else {
        digest = arrivalDigest(hash, digest, items)
        if (!equalBytes(digest, stored)) {
          report({
            kind: 'position',
            position: first,
            what: `the arrival record at position ${first} does not match its digest`,
          })
          digest = stored
        }
      }
      for (let index = 0; index < count; index++) {
        const position = first + index
        const { channel, id, tag } = arrivalItem(items, index)
        if (seen[position] === 1 && tags[position] === tagStart(tag, 0)) continue
        // FEED-7
        if (seen[position] !== 1 && isBefore(table.channel(channel), id)) continue
        const what = seen[position] === 1 ? 'is not the one that was appended' : 'is missing or does not read'
        report({
          kind: 'position',
          channel,
          event: id,
          position,
          what: `channel ${channel}, event ${id} at position ${position} ${what}`,
        })
      }
      next = first + count
    }
    onProgress(next - 1)
  }
  if (next <= end) report({ kind: 'position', position: next, what: `positions ${next} to ${end} are missing` })
}
