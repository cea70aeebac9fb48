/** Pages of messages as they are now (MSGS-17): what is about them is in them, not between them. */
import { isAnnotationType } from '../../spec/annotations.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Entry, PageAnchor } from '../log/log.ts'
import type { MessageLog, MessageServers } from './components.ts'

export interface Page {
  readonly messages: readonly Entry[]
  /** The next page begins before or after this event; undefined: the end was reached. */
  readonly next: EventId | undefined
}

export interface History {
  /** `around`: half of the page before the event; `next` is that of the older side. */
  page(channel: ChannelId, anchor: PageAnchor, limit: number): Promise<Page>
}

export const createHistory = ({
  log,
  servers,
}: {
  readonly log: Pick<MessageLog, 'page'>
  readonly servers: Pick<MessageServers, 'covers'>
}): History => {
  /** Reads on in one direction until the page is full, or so much was read that it is time to answer. */
  const scan = async (channel: ChannelId, start: PageAnchor, limit: number): Promise<Page> => {
    const isUp = start.after !== undefined
    const messages: Entry[] = []
    let anchor = start
    for (let read = 0; limit > 0;) {
      // the more was said about messages, the more is read at a time
      const size = Math.min(Math.max(limit - messages.length, chunkMin, 2 * read), limits.historyScanMax - read)
      const entries = await log.page(channel, anchor, size)
      if (!isUp) entries.reverse()
      for (const [index, entry] of entries.entries()) {
        if (isAnnotationType(entry.type) || !servers.covers(entry)) continue
        messages.push(entry)
        const isLast = index === entries.length - 1 && entries.length < size
        if (messages.length === limit) return { messages, next: isLast ? undefined : entry.id }
      }
      const last = entries.at(-1)
      if (last === undefined || entries.length < size) return { messages, next: undefined }
      read += entries.length
      if (read >= limits.historyScanMax) return { messages, next: last.id }
      anchor = isUp ? { after: last.id } : { before: last.id }
    }
    return { messages, next: undefined }
  }

  const down = async (channel: ChannelId, anchor: PageAnchor, limit: number): Promise<Page> => {
    const { messages, next } = await scan(channel, anchor, limit)
    return { messages: messages.toReversed(), next }
  }

  return {
    async page(channel, anchor, limit) {
      if (anchor.after !== undefined) return scan(channel, anchor, limit)
      if (anchor.around === undefined) return down(channel, anchor, limit)
      const older = Math.floor(limit / 2)
      const [past, [middle], rest] = await Promise.all([
        down(channel, { before: anchor.around }, older),
        log.page(channel, { around: anchor.around }, 1),
        scan(channel, { after: anchor.around }, limit - older - 1),
      ])
      const isThere = middle?.id === anchor.around && !isAnnotationType(middle.type) && servers.covers(middle)
      return { messages: [...past.messages, ...(isThere ? [middle] : []), ...rest.messages], next: past.next }
    },
  }
}

const chunkMin = 64
