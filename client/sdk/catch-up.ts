import type { z } from 'zod'
import type { catchup } from '../../spec/calls/catchup.ts'
import type { EventJson } from '../../spec/message.ts'

/** One `catchup` call; `from` undefined asks where the log is now. */
export type ReadPage = (from: number | undefined) => Promise<z.output<typeof catchup.output>>

export interface Backfill {
  /** The position after which live events go on. */
  readonly to: number
  /** False: too much was missed to read it all; what is older than `to` comes by history. */
  readonly isComplete: boolean
}

/**
 * The first of the three phases after a connection: backfill from the cursor, page by page; cutover, when
 * the live events that came meanwhile are let in (the caller holds them); live. An event that comes by both ways
 * is dropped by its id.
 */
export const backfill = async (
  { readPage, onEvent }: { readonly readPage: ReadPage; readonly onEvent: (event: EventJson) => void },
  { from, pagesMax = 10 }: { from: number | undefined; pagesMax?: number },
): Promise<Backfill> => {
  if (from === undefined) return { to: (await readPage(undefined)).to, isComplete: true }
  let to = from
  for (let page = 0; page < pagesMax; page += 1) {
    const read = await readPage(to)
    for (const event of read.events) onEvent(event)
    to = read.to
    if (!read.more) return { to, isComplete: true }
  }
  return { to: (await readPage(undefined)).to, isComplete: false }
}
