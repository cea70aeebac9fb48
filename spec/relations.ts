/** Which event is about which (MSGS-6, MSG-1): for an index that finds what became of a message. */
import { isAnnotationType } from './annotations.ts'
import { CborReader } from './cbor-reader.ts'
import { HearthError } from './errors.ts'
import { readEventId } from './event-id.ts'
import type { EventId } from './ids.ts'

export const relationKinds = { annotation: 1, pin: 2, thread: 3 } as const

/** Goes up when the function below answers otherwise for any event. */
export const relationsVersion = 1

/** Undefined: about no other event, or malformed. It reads no more of a body than it must. */
export const relationOf = (
  type: string,
  body: Uint8Array,
): { readonly kind: number; readonly target: EventId; readonly redacts: boolean } | undefined => {
  if (type !== 'msg' && !isAnnotationType(type)) return undefined
  try {
    const target = type === 'msg' ? threadOf(body) : targetOf(body)
    if (target === undefined) return undefined
    return { kind: kindOf(type), target, redacts: type === 'delete' }
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

const kindOf = (type: string): number => {
  if (type === 'msg') return relationKinds.thread
  return type === 'pin' || type === 'unpin' ? relationKinds.pin : relationKinds.annotation
}

const targetOf = (body: Uint8Array): EventId | undefined => {
  const reader = new CborReader(body)
  reader.array()
  return readEventId(reader.bytesOf(16))
}

/** The fourth field of MSG-1; the texts before it are passed over unread. */
const threadOf = (body: Uint8Array): EventId | undefined => {
  const reader = new CborReader(body)
  reader.array()
  for (let field = 0; field < 3; field++) skip(reader)
  return reader.skipNull() ? undefined : readEventId(reader.bytesOf(16))
}

const skip = (reader: CborReader): void => {
  if (!reader.skipNull()) {
    reader.head()
    reader.take(reader.argument)
  }
}
