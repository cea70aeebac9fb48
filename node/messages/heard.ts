import { eventIdStamp } from '../../spec/event-id.ts'
import { isAuthorKey, splitAuthor } from '../../spec/governance/names.ts'
import type { UserName } from '../../spec/ids.ts'
import type { Friends } from '../friends/friends.ts'
import type { Entry } from '../log/log.ts'
import type { Shown } from './states.ts'

/** A message as one reader knows it: without reactions of those whom they block, nor edits made meanwhile (FRIEND-8). */
export const heardBy = (
  friends: Pick<Friends, 'hasBlocks' | 'hidesAt'>,
  reader: UserName,
  message: Entry,
  shown: Shown | undefined,
): Shown | undefined => {
  if (shown === undefined || !friends.hasBlocks(reader)) return shown
  const { edit, reactions } = shown.state
  const isEditHidden = edit !== undefined && friends.hidesAt(reader, message, eventIdStamp(edit.id).ms)
  const isHeard = (author: string): boolean =>
    !isAuthorKey(author) || !friends.hidesAt(reader, splitAuthor(author), Infinity)
  return {
    ...shown,
    state: {
      ...shown.state,
      edit: isEditHidden ? undefined : edit,
      reactions: reactions.flatMap(({ emoji, authors }) => {
        const heard = authors.filter(isHeard)
        return heard.length === 0 ? [] : [{ emoji, authors: heard }]
      }),
    },
  }
}
