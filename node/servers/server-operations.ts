import { HearthError } from '../../spec/errors.ts'
import { authorKey, isName } from '../../spec/governance/names.ts'
import { keys } from '../../spec/governance/registers.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { isHandle, randomChannelId } from '../../spec/identifiers.ts'
import type { Handle, MemberId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { demand, type Desk } from './desk.ts'
import type { Operations } from './servers.ts'

export const serverOperations = (
  desk: Desk,
  { createChannel }: Pick<Operations, 'createChannel'>,
): Pick<Operations, 'createServer' | 'renameServer' | 'setEmoji'> => ({
  async createServer(actor, { handle, name, firstChannel }) {
    const community = await desk.inTurn('servers', async () => {
      if (desk.directory.size >= limits.serversPerNodeMax) {
        throw new HearthError('QUOTA', `this node has ${limits.serversPerNodeMax} servers; that is the limit`)
      }
      if (actor.kind === 'user' && foundedBy(desk, actor.user) >= limits.serversPerUserMax) {
        throw new HearthError('QUOTA', `you founded ${limits.serversPerUserMax} servers; that is the limit`)
      }
      const founder =
        actor.kind === 'operator' ? desk.operator : authorKey(desk.node, encodeBase32(desk.random(16)) as MemberId)
      const made = await desk.genesis(founder, {
        type: 'server.genesis',
        name: checkName(name),
        handle: freeHandle(handle, desk.directory.byHandle(handle) !== undefined),
        governance: randomChannelId(desk.random(16)),
        founders: founder === desk.operator ? [founder] : [desk.operator, founder],
        random: desk.random(16),
      })
      const who = made.acting(founder)
      if (actor.kind === 'user' && who !== undefined) {
        const address = desk.addressOf(actor.user)
        await desk.write({ community: made, who }, { type: 'member.profile', member: who.member, address })
      }
      return made
    })
    if (firstChannel !== undefined) await createChannel(actor, community.id, { handle: firstChannel })
    return community.info
  },

  renameServer: (actor, server, name) =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      demand(place, 'manageServer')
      await desk.set(place, keys.serverName, checkName(name))
    }),

  setEmoji: (actor, server, name, image) =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      demand(place, 'manageServer')
      const emoji = place.community.governance.registers('emoji/').filter(([, { value }]) => value !== null)
      const known = emoji.some(([key]) => key === keys.emoji(name))
      if (image === undefined && !known) throw new HearthError('NOT_FOUND', `there is no emoji :${name}:`)
      if (image !== undefined && !known && emoji.length >= limits.emojiPerServerMax) {
        throw new HearthError('QUOTA', `the server has ${limits.emojiPerServerMax} emoji; that is the limit`)
      }
      await desk.set(place, keys.emoji(name), image === undefined ? null : [image.mime, image.bytes])
    }),
})

const foundedBy = ({ directory }: Desk, user: UserName): number => {
  let count = 0
  for (const community of directory.all()) {
    const author = community.authorOfUser(user)
    if (author !== undefined && community.acting(author)?.grant.rank === 0) count++
  }
  return count
}

/** BAD_REQUEST, saying what a name is. */
export const checkName = (name: string): string => {
  const trimmed = name.trim()
  if (isName(trimmed)) return trimmed
  throw new HearthError(
    'BAD_REQUEST',
    `a name has 1 to ${limits.nameCharsMax} characters, none of them a control character`,
  )
}

/** BAD_REQUEST or EXISTS. */
export const freeHandle = (handle: string, taken: boolean): Handle => {
  if (!isHandle(handle)) {
    throw new HearthError(
      'BAD_REQUEST',
      `${JSON.stringify(handle)} is no handle: up to ${limits.handleCharsMax} of a-z 0-9 . _ -, the first a letter or digit`,
    )
  }
  if (taken) throw new HearthError('EXISTS', `${handle} is taken`)
  return handle
}
