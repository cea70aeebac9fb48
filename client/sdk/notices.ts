import type { z } from 'zod'
import type { inboxMessage } from '../../spec/inbox.ts'
import { inboxTypes, type notices } from '../../spec/notices.ts'
import { fieldOf } from './named-error.ts'

/** Those with a type of their own, so that `type` tells them apart. */
type Named<T> = T extends { readonly type: infer U } ? (string extends U ? never : T) : never

/** What concerns the user over all channels (INBOX-13, FRIEND-21). */
export type Notice = Named<z.output<(typeof notices)[number]> | z.output<(typeof inboxMessage.options)[number]>>

/** Undefined: of a type that is not known here, which readers pass over. */
export const readNotice = (message: unknown): Notice | undefined => {
  const type = fieldOf(message, 'type')
  const parsed = typeof type === 'string' ? inboxTypes.get(type)?.safeParse(message) : undefined
  // the map has the schemas of which `Notice` is made
  return parsed?.success === true ? (parsed.data as Notice) : undefined
}
