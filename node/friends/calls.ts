import type { z } from 'zod'
import { block } from '../../spec/calls/block.ts'
import { blockList } from '../../spec/calls/block.list.ts'
import type { CallSpec } from '../../spec/calls/call.ts'
import { dmAdd } from '../../spec/calls/dm.add.ts'
import { dmCreate } from '../../spec/calls/dm.create.ts'
import { dmLeave } from '../../spec/calls/dm.leave.ts'
import { dmList } from '../../spec/calls/dm.list.ts'
import { dmOpen } from '../../spec/calls/dm.open.ts'
import { dmRemove } from '../../spec/calls/dm.remove.ts'
import { dmRename } from '../../spec/calls/dm.rename.ts'
import { friendAccept } from '../../spec/calls/friend.accept.ts'
import { friendDecline } from '../../spec/calls/friend.decline.ts'
import { friendList } from '../../spec/calls/friend.list.ts'
import { friendRemove } from '../../spec/calls/friend.remove.ts'
import { friendRequest } from '../../spec/calls/friend.request.ts'
import { privacySet } from '../../spec/calls/privacy.set.ts'
import { privacyShow } from '../../spec/calls/privacy.show.ts'
import { unblock } from '../../spec/calls/unblock.ts'
import { HearthError } from '../../spec/errors.ts'
import type { UserName } from '../../spec/ids.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { ConversationInfo, FriendOperations, PersonInfo } from './friends.ts'

export const friendCalls = (friends: FriendOperations): CallHandler[] => [
  own(friendRequest, async (user, { address }) => ({ standing: await friends.request(user, address) })),
  own(friendAccept, (user, { address }) => done(friends.accept(user, address))),
  own(friendDecline, (user, { address }) => done(friends.decline(user, address))),
  own(friendRemove, (user, { address }) => done(friends.remove(user, address))),
  own(friendList, (user) => ({ friends: friends.list(user) })),

  own(block, (user, { address }) => done(friends.block(user, address))),
  own(unblock, (user, { address }) => done(friends.unblock(user, address))),
  own(blockList, (user) => ({ blocked: friends.blocked(user) satisfies PersonInfo[] })),
  own(privacyShow, (user) => friends.privacy(user)),
  own(privacySet, (user, { dm, add }) =>
    friends.setPrivacy(user, { ...(dm !== undefined && { dm }), ...(add !== undefined && { add }) }),
  ),

  answer(dmOpen, async ({ user, scope }, { address }) => {
    // FRIEND-25: who may say something everywhere may begin to.
    if (scope !== undefined && (scope.channels !== undefined || !scope.send)) throw notByToken()
    return dmOpen.output.parse(shown(await friends.openDm(user, address)))
  }),
  answer(dmList, ({ user, scope }) => {
    if (scope?.read === false) throw new HearthError('NOT_ALLOWED', 'the app token may not read')
    const mine = friends.conversations(user).filter(({ channel }) => scope?.channels?.includes(channel) !== false)
    return Promise.resolve(dmList.output.parse({ conversations: mine.map(shown) }))
  }),
  own(dmCreate, async (user, { members, name }) => shown(await friends.createGroup(user, { members, name }))),
  own(dmAdd, (user, { channel, address }) => done(friends.addToGroup(user, channel, address))),
  own(dmRemove, (user, { channel, address }) => done(friends.removeFromGroup(user, channel, address))),
  own(dmLeave, (user, { channel }) => done(friends.leaveGroup(user, channel))),
  own(dmRename, (user, { channel, name }) => done(friends.renameGroup(user, channel, name))),
]

/** Answers a person, in the shape that the call says; an app token says and reads, it makes no friends (ACC-46). */
const own = <I extends z.ZodType, O extends z.ZodType>(
  spec: CallSpec<I, O>,
  handle: (user: UserName, input: z.output<I>) => z.input<O> | Promise<z.input<O>>,
): CallHandler =>
  answer(spec, async ({ user, scope }, input) => {
    if (scope !== undefined) throw notByToken()
    return spec.output.parse(await handle(user, input)) as z.input<O>
  })

const notByToken = (): HearthError =>
  new HearthError('NOT_ALLOWED', 'an app token cannot do this: log in with the password or a device key')

const shown = ({ people, ...conversation }: ConversationInfo) => ({ ...conversation, people: [...people] })

const done = async (task: Promise<void>): Promise<Record<string, never>> => {
  await task
  return {}
}
