/** Whom a message means, as its event says (MSGS-4, MSGS-5). */
import { HearthError } from '../../spec/errors.ts'
import type { Mention } from '../../spec/mentions.ts'
import { decodeMessage } from '../../spec/message.ts'
import type { Entry } from '../log/log.ts'

/**
 * Undefined: not a message. `everyone` and `here` stay when their author may say them. A body of five fields mentions
 * nobody (MSG-1), so it is not decoded.
 */
export const readMentions = (
  entry: Entry,
  mayMentionAll: (entry: Entry) => boolean,
): readonly Mention[] | undefined => {
  const { type, body } = entry
  if (type !== 'msg' || body === undefined) return undefined
  if (body[0] === arrayOfFive) return nobody
  const mentions = decoded(body)
  return mentions.some(isForAll) && !mayMentionAll(entry) ? mentions.filter((one) => !isForAll(one)) : mentions
}

const decoded = (body: Uint8Array): readonly Mention[] => {
  try {
    return decodeMessage(body).mentions ?? nobody
  } catch (error) {
    if (error instanceof HearthError) return nobody
    throw error
  }
}

const isForAll = (mention: Mention): boolean => mention === 'everyone' || mention === 'here'

const arrayOfFive = 0x85
const nobody: readonly Mention[] = []
