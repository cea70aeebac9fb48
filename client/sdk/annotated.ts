import { isAnnotationType } from '../../spec/annotations.ts'
import type { EventId } from '../../spec/ids.ts'
import type { EventJson } from '../../spec/message.ts'

/** Says something about a message that is, or will be, in the timeline; undefined: it is one itself. */
export const targetOf = ({ type, target }: EventJson): EventId | undefined =>
  isAnnotationType(type) ? target : undefined

/**
 * A message as the node told it last, and what was said about it since (MSGS-7): the same whatever order that came in,
 * and however often. Counts go by what each author did last since then.
 */
export interface Annotated {
  /** False: the message as it is has it in already. */
  add(event: EventJson): boolean
  /** The node told the message again, in a newer state or an older one. */
  retell(message: EventJson): void
  readonly message: EventJson
  /** The message with all of it told anew: `add` passes over what is in it. */
  readonly kept: EventJson
}

export const createAnnotated = (told: EventJson, isOwn: (event: EventJson) => boolean): Annotated => {
  let base = told
  const since = new Map<EventId, EventJson>()
  let message: EventJson | undefined
  let kept: EventJson | undefined
  const current = (): EventJson => (message ??= stateOf(base, [...since.values()].sort(byId), isOwn))

  return {
    add(event) {
      if (since.has(event.id) || event.position <= (base.asOf ?? 0)) return false
      since.set(event.id, event)
      message = kept = undefined
      return true
    },
    retell(again) {
      if ((again.asOf ?? -1) < (base.asOf ?? 0)) return
      base = again
      for (const [id, { position }] of since) if (position <= (base.asOf ?? 0)) since.delete(id)
      message = kept = undefined
    },
    get message() {
      return current()
    },
    get kept() {
      if (since.size === 0) return base
      const asOf = Math.max(...[...since.values()].map(({ position }) => position))
      kept ??= { ...current(), asOf }
      return kept
    },
  }
}

const byId = (a: EventJson, b: EventJson): number => (a.id < b.id ? -1 : 1)

const stateOf = (base: EventJson, since: readonly EventJson[], isOwn: (event: EventJson) => boolean): EventJson => {
  if (since.length === 0) return base
  const replies = repliesOf(base.replies, since)
  if (base.deleted === true || since.some(({ type }) => type === 'delete')) return deleted(base, replies)
  const edit = since.findLast(({ type, time }) => type === 'edit' && time >= (base.edited ?? 0))
  const pin = since.findLast(({ type }) => type === 'pin' || type === 'unpin')
  const isPinned = pin === undefined ? base.pinned === true : pin.type === 'pin'
  const reactions = reactionsOf(base.reactions ?? [], since, isOwn)
  const { pinned: _pinned, reactions: _reactions, mentions, signature, ...rest } = base
  const said = edit === undefined ? mentions : edit.mentions
  const signed = edit === undefined ? signature : edit.signature
  return {
    ...rest,
    ...(said !== undefined && { mentions: said }),
    ...(signed !== undefined && { signature: signed }),
    ...(edit !== undefined && { body: edit.body, edited: edit.time }),
    ...(isPinned && { pinned: true as const }),
    ...(reactions.length > 0 && { reactions }),
    ...(replies !== undefined && { replies }),
  }
}

/** What stays: where it stood, and its answers. */
const deleted = (
  { id, type, channel, server, position, time, author, thread, asOf }: EventJson,
  replies: EventJson['replies'],
): EventJson => ({
  id,
  type,
  channel,
  server,
  position,
  time,
  author,
  deleted: true,
  ...(thread !== undefined && { thread }),
  ...(replies !== undefined && { replies }),
  ...(asOf !== undefined && { asOf }),
})

const reactionsOf = (
  base: NonNullable<EventJson['reactions']>,
  since: readonly EventJson[],
  isOwn: (event: EventJson) => boolean,
): NonNullable<EventJson['reactions']> => {
  const changes = new Map<string, number>()
  const counts = new Map(base.map(({ emoji, count }) => [emoji, count]))
  const mine = new Set(base.flatMap(({ emoji, me }) => (me === true ? [emoji] : [])))
  for (const event of since) {
    const { type, emoji = '', author } = event
    if (type !== 'react' && type !== 'unreact') continue
    const step = type === 'react' ? 1 : -1
    const key = `${author.member} ${author.address} ${emoji}`
    const before = changes.get(key) ?? 0
    // nobody reacts twice with one emoji
    const after = Math.max(-1, Math.min(1, before + step))
    changes.set(key, after)
    counts.set(emoji, (counts.get(emoji) ?? 0) + after - before)
    if (isOwn(event)) mine[step > 0 ? 'add' : 'delete'](emoji)
  }
  return [...counts].flatMap(([emoji, count]) =>
    count > 0 ? [{ emoji, count, ...(mine.has(emoji) && { me: true as const }) }] : [],
  )
}

/** MSGS-11: answers are events about the first message, too. */
const repliesOf = (base: EventJson['replies'], since: readonly EventJson[]): EventJson['replies'] => {
  const answers = since.filter(({ type }) => type === 'msg')
  if (answers.length === 0) return base
  return {
    count: (base?.count ?? 0) + answers.length,
    last: Math.max(base?.last ?? 0, ...answers.map(({ time }) => time)),
  }
}
