/**
 * Events about messages (spec/messages.md): their bodies, what they are about, and what becomes of a message by them,
 * which is a function of the SET of them: in whatever order they come, and however often.
 */
import { readSignature, signatureValue, type AuthorSignature } from './author.ts'
import { newBytes, type Allocate } from './bytes.ts'
import { CborReader } from './cbor-reader.ts'
import { encodeCbor, type CborValue } from './cbor.ts'
import { isReaction } from './emoji.ts'
import { HearthError } from './errors.ts'
import { readEventId } from './event-id.ts'
import type { EventId } from './ids.ts'
import { limits } from './limits.ts'
import { areMentions, type Mention } from './mentions.ts'
import { checkText } from './text.ts'
import { parseUuid } from './uuid.ts'

/** MSGS-6 */
export type Annotation =
  | {
      readonly type: 'edit'
      readonly target: EventId
      readonly text: string
      readonly mentions: readonly Mention[]
      /** SIGN-2 */
      readonly signature?: AuthorSignature
    }
  | { readonly type: 'delete' | 'pin' | 'unpin'; readonly target: EventId }
  | { readonly type: 'react' | 'unreact'; readonly target: EventId; readonly emoji: string }

export const annotationTypes = ['edit', 'delete', 'react', 'unreact', 'pin', 'unpin'] as const
export type AnnotationType = (typeof annotationTypes)[number]

export const isAnnotationType = (type: string): type is AnnotationType => types.has(type)

const types: ReadonlySet<string> = new Set(annotationTypes)

/** MSGS-6 */
export const encodeAnnotation = (annotation: Annotation, allocate: Allocate = newBytes): Uint8Array => {
  const target = parseUuid(annotation.target) ?? null
  const fields: CborValue[] = [target]
  if (annotation.type === 'edit') {
    fields.push(annotation.text, annotation.mentions)
    if (annotation.signature !== undefined) fields.push(signatureValue(annotation.signature))
  }
  if (annotation.type === 'react' || annotation.type === 'unreact') fields.push(annotation.emoji)
  return encodeCbor(fields, allocate)
}

/** Throws EVENT_INVALID. */
export const decodeAnnotation = (type: AnnotationType, body: Uint8Array): Annotation => {
  const reader = new CborReader(body)
  const fields = reader.array()
  const isSigned = type === 'edit' && fields === signedEditFields
  if (fields !== fieldsOf[type] && !isSigned) throw invalid(type, 'it has another number of fields')
  const target = readEventId(reader.bytesOf(16))
  if (target === undefined) throw invalid(type, 'its target is no event id')
  const annotation = readRest(type, target, reader)
  const signature = isSigned ? readSignature(reader) : undefined
  reader.end()
  return annotation.type === 'edit' && signature !== undefined ? { ...annotation, signature } : annotation
}

const signedEditFields = 4

const fieldsOf: Readonly<Record<AnnotationType, number>> = {
  edit: 3,
  delete: 1,
  react: 2,
  unreact: 2,
  pin: 1,
  unpin: 1,
}

const readRest = (type: AnnotationType, target: EventId, reader: CborReader): Annotation => {
  switch (type) {
    case 'edit': {
      const text = reader.text()
      const fault = checkText(text)
      if (fault !== undefined) throw invalid(type, `its text is refused: ${fault}`)
      return { type, target, text, mentions: readMentions(reader) }
    }
    case 'react':
    case 'unreact': {
      const emoji = reader.text()
      if (!isReaction(emoji)) throw invalid(type, 'it is no emoji')
      return { type, target, emoji }
    }
    case 'delete':
    case 'pin':
    case 'unpin':
      return { type, target }
  }
}

/** MSGS-4. Throws EVENT_INVALID. */
export const readMentions = (reader: CborReader): readonly Mention[] => {
  const count = reader.array()
  if (count > limits.mentionsMax) throw new HearthError('EVENT_INVALID', 'too many mentions')
  const mentions = Array.from({ length: count }, () => reader.text())
  if (!areMentions(mentions)) throw new HearthError('EVENT_INVALID', 'mentions are malformed or out of order')
  return mentions
}

/** Who it is from, as far as the state of a message depends on it. */
export interface Noted {
  readonly id: EventId
  /** Of the node and member: equal texts are one author. */
  readonly author: string
  /** Arrival position here. */
  readonly position: number
  /** MSGS-8: its grant counts for `manageMessages`. */
  readonly manages: boolean
  readonly annotation: Annotation
}

export interface Reaction {
  readonly emoji: string
  /** In the order of their events. */
  readonly authors: readonly string[]
}

/** MSGS-7: a message as it is now. */
export interface MessageState {
  readonly edit:
    | {
        readonly id: EventId
        readonly text: string
        readonly mentions: readonly Mention[]
        readonly signature?: AuthorSignature
      }
    | undefined
  /** The first event that deletes it. */
  readonly deletedBy: EventId | undefined
  readonly pinned: boolean
  readonly reactions: readonly Reaction[]
  /** The last arrival position among all that was noted, whether it counts or not; 0: none. */
  readonly asOf: number
}

/** What is noted of one message; `author` is the message's. Events without the right are passed over (MSGS-8). */
export interface Notes {
  add(noted: Noted): void
  state(): MessageState
}

export const createNotes = (author: string): Notes => {
  let edit: MessageState['edit']
  let deletedBy: EventId | undefined
  let pin: { readonly id: EventId; readonly pinned: boolean } | undefined
  const last = new Map<string, { readonly id: EventId; readonly author: string; readonly emoji: string | undefined }>()
  let asOf = 0

  return {
    add({ id, author: by, position, manages, annotation }) {
      asOf = Math.max(asOf, position)
      switch (annotation.type) {
        case 'edit': // MSGS-9
          if (by !== author || (edit !== undefined && edit.id >= id)) return
          edit = {
            id,
            text: annotation.text,
            mentions: annotation.mentions,
            ...(annotation.signature !== undefined && { signature: annotation.signature }),
          }
          return
        case 'delete': // MSGS-10
          if ((by === author || manages) && (deletedBy === undefined || id < deletedBy)) deletedBy = id
          return
        case 'pin':
        case 'unpin': // MSGS-14
          if (manages && (pin === undefined || pin.id < id)) pin = { id, pinned: annotation.type === 'pin' }
          return
        case 'react':
        case 'unreact': {
          // MSGS-12
          const key = `${by} ${annotation.emoji}`
          if ((last.get(key)?.id ?? '') >= id) return
          last.set(key, { id, author: by, emoji: annotation.type === 'react' ? annotation.emoji : undefined })
        }
      }
    },
    state: () => {
      // MSGS-10: of a deleted message nothing else is left
      if (deletedBy !== undefined) return { edit: undefined, deletedBy, pinned: false, reactions: [], asOf }
      return { edit, deletedBy, pinned: pin?.pinned ?? false, reactions: reactionsOf(last.values()), asOf }
    },
  }
}

/** MSGS-12: by their first event, at most `limits.reactionsPerMessageMax` different ones. */
const reactionsOf = (
  last: Iterable<{ readonly id: EventId; readonly author: string; readonly emoji: string | undefined }>,
): Reaction[] => {
  const standing = [...last].filter(({ emoji }) => emoji !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1))
  const byEmoji = new Map<string, string[]>()
  for (const { emoji = '', author } of standing) {
    const authors = byEmoji.get(emoji)
    if (authors !== undefined) authors.push(author)
    else if (byEmoji.size < limits.reactionsPerMessageMax) byEmoji.set(emoji, [author])
  }
  return [...byEmoji].map(([emoji, authors]) => ({ emoji, authors }))
}

const invalid = (type: string, what: string): HearthError =>
  new HearthError('EVENT_INVALID', `the ${type} does not decode: ${what}`)
