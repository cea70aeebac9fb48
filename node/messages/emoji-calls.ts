/** `emoji.*` (MSGS-13). */
import { emojiList } from '../../spec/calls/emoji.list.ts'
import { emojiRemove } from '../../spec/calls/emoji.remove.ts'
import { emojiSet } from '../../spec/calls/emoji.set.ts'
import { emojiShow } from '../../spec/calls/emoji.show.ts'
import { readEmojiImage } from '../../spec/emoji.ts'
import { HearthError } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Principal } from '../principal.ts'
import { findServer } from '../servers/references.ts'
import type { Operations, Questions } from '../servers/servers.ts'

export const emojiCalls = (
  servers: Parameters<typeof findServer>[0] & Pick<Questions, 'emoji'> & Pick<Operations, 'setEmoji'>,
): CallHandler[] => [
  answer(emojiSet, async (principal, { server, name, type, image }) => {
    requirePerson(principal)
    const bytes = Buffer.from(image, 'base64')
    const read = readEmojiImage([type, bytes])
    if (read === undefined) {
      throw new HearthError('BAD_REQUEST', `image: is no ${type} of at most ${limits.emojiImageBytesMax} bytes`)
    }
    await servers.setEmoji(actorOf(principal), findServer(servers, principal.user, server).id, name, read)
    return {}
  }),
  answer(emojiRemove, async (principal, { server, name }) => {
    requirePerson(principal)
    await servers.setEmoji(actorOf(principal), findServer(servers, principal.user, server).id, name, undefined)
    return {}
  }),
  answer(emojiList, ({ user }, { server }) =>
    Promise.resolve({
      emoji: [...servers.emoji(findServer(servers, user, server).id)].map(([name, { mime, bytes }]) => ({
        name,
        type: mime,
        bytes: bytes.length,
      })),
    }),
  ),
  answer(emojiShow, ({ user }, { server, name }) => {
    const image = servers.emoji(findServer(servers, user, server).id).get(name)
    if (image === undefined) throw new HearthError('NOT_FOUND', `the server has no emoji :${name}:`)
    return Promise.resolve({ name, type: image.mime, image: Buffer.from(image.bytes).toString('base64') })
  }),
]

const actorOf = ({ user }: Principal): Parameters<Operations['setEmoji']>[0] => ({ kind: 'user', user })

const requirePerson = ({ scope }: Principal): void => {
  if (scope !== undefined) throw new HearthError('NOT_ALLOWED', 'an app token does not change a server')
}
