/** The calls of markers, counts, notification settings and the inbox. */
import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { inboxDismiss } from '../../spec/calls/inbox.dismiss.ts'
import { inboxList } from '../../spec/calls/inbox.list.ts'
import { notifySet } from '../../spec/calls/notify.set.ts'
import { notifyShow } from '../../spec/calls/notify.show.ts'
import { readMark } from '../../spec/calls/read.mark.ts'
import { threadMark } from '../../spec/calls/thread.mark.ts'
import { threadUnread } from '../../spec/calls/thread.unread.ts'
import { unreadList } from '../../spec/calls/unread.list.ts'
import { HearthError } from '../../spec/errors.ts'
import { isServerId } from '../../spec/identifiers.ts'
import type { ChannelId, EventId, UserName } from '../../spec/ids.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Ingest } from '../ingest.ts'
import type { Log } from '../log/log.ts'
import type { Principal } from '../principal.ts'
import { findChannel } from '../servers/references.ts'
import type { Places } from './components.ts'
import type { Inbox } from './create-inbox.ts'

export interface InboxCallsComponents {
  readonly inbox: Inbox
  readonly ingest: Pick<Ingest, 'allows'>
  readonly places: Places & Parameters<typeof findChannel>[0]
  readonly log: Pick<Log, 'position'>
}

export const inboxCalls = ({ inbox, ingest, places, log }: InboxCallsComponents): CallHandler[] => {
  const requireRead = (principal: Principal, channel: ChannelId): void => {
    const allowed = ingest.allows(principal, channel, 'read')
    if (!allowed.ok) throw new HearthError(allowed.code, allowed.reason)
  }

  return [
    answer(readMark, async (principal, { channel, ...upTo }) => {
      requireRead(principal, channel)
      return readMark.output.parse(await inbox.mark(principal.user, channel, upTo))
    }),
    answer(unreadList, async (principal, { channels, unreadOnly }) => {
      if (principal.scope?.read === false) throw new HearthError('NOT_ALLOWED', 'the app token may not read')
      const { position } = log
      const readable = (channels ?? places.channelsOf(principal.user).map(({ id }) => id)).filter(
        (channel) => principal.scope?.channels?.includes(channel) !== false,
      )
      const rows = await inbox.rows(principal.user, [...new Set(readable)])
      return { channels: unreadOnly ? rows.filter(({ unread, more }) => unread > 0 || more) : rows, position }
    }),
    answer(threadUnread, async ({ user, scope }, { channels, unreadOnly }) => {
      if (scope?.read === false) throw new HearthError('NOT_ALLOWED', 'the app token may not read')
      const { position } = log
      const rows = (await inbox.threadRows(user, channels)).filter(
        ({ channel }) => scope?.channels?.includes(channel) !== false,
      )
      return { threads: unreadOnly ? rows.filter(({ unread, more }) => unread > 0 || more) : rows, position }
    }),
    answer(threadMark, async (principal, { channel: name, thread, ...upTo }) => {
      const { id: channel } = findChannel(places, principal.user, name)
      requireRead(principal, channel)
      return threadMark.output.parse(await inbox.markThread(principal.user, { channel, thread }, upTo))
    }),
    own(notifySet, async (user, { server, channel, thread, ...change }) => {
      if (channel !== undefined && !places.may(user, channel, 'read')) throw unseen('channel')
      if (server !== undefined && places.memberOf(user, server) === undefined) throw unseen('server')
      return inbox.set(user, { server, channel, thread }, change)
    }),
    own(notifyShow, async (user) => ({
      settings: [...(await inbox.settings(user))].map(([key, setting]) => ({ ...placeOf(key), ...setting })),
    })),
    own(inboxList, (user, page) => inbox.list(user, page)),
    own(inboxDismiss, async (user, { ids, upTo }) => {
      const gone = new Set(ids)
      return { dismissed: await inbox.dismiss(user, (id) => id <= (upTo ?? 0) || gone.has(id)) }
    }),
  ]
}

/** What is the person's own, not an app token's. */
const own = <I extends z.ZodType, O extends z.ZodType>(
  spec: CallSpec<I, O>,
  handle: (user: UserName, input: z.output<I>) => Promise<z.input<O>>,
): CallHandler =>
  answer(spec, ({ user, scope }, input) => {
    if (scope === undefined) return handle(user, input)
    throw new HearthError('NOT_ALLOWED', 'an app token cannot do this: log in with the password or a device key')
  })

const placeOf = (key: string) => {
  const [where = '', thread] = key.split('/')
  if (isServerId(where)) return { server: where }
  return { channel: where as ChannelId, ...(thread !== undefined && { thread: thread as EventId }) }
}

const unseen = (what: string): HearthError => new HearthError('NOT_FOUND', `there is no such ${what}`)
