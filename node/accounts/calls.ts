import { decodeBase32 } from '../../spec/base32.ts'
import { accountPassword } from '../../spec/calls/account.password.ts'
import { accountShow } from '../../spec/calls/account.show.ts'
import type { CallSpec } from '../../spec/calls/call.ts'
import { deviceEnroll } from '../../spec/calls/device.enroll.ts'
import { deviceList } from '../../spec/calls/device.list.ts'
import { deviceRevoke } from '../../spec/calls/device.revoke.ts'
import { inviteCreate } from '../../spec/calls/invite.create.ts'
import { inviteList } from '../../spec/calls/invite.list.ts'
import { inviteRevoke } from '../../spec/calls/invite.revoke.ts'
import { serverJoin } from '../../spec/calls/server.join.ts'
import { tokenCreate } from '../../spec/calls/token.create.ts'
import { tokenList } from '../../spec/calls/token.list.ts'
import { tokenRevoke } from '../../spec/calls/token.revoke.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import type { z } from 'zod'
import { answer } from '../calls.ts'
import type { CallHandler } from '../calls.ts'
import type { Principal } from '../principal.ts'
import type { Accounts } from './accounts.ts'

/** What a person does with their own account. */
export const accountCalls = (
  accounts: Accounts,
  /** By an invite of this node or of another. */
  join: (user: UserName, invite: string) => Promise<{ readonly server: ServerId }> = (user, invite) =>
    accounts.redeemInvite(user, invite),
): CallHandler[] => [
  ownAnswer(accountShow, ({ user }) => accounts.user(user)),
  ownAnswer(accountPassword, async ({ user, device }, change) => {
    await accounts.changePassword(user, { ...change, device })
    return {}
  }),

  ownAnswer(deviceList, ({ user }) => ({ devices: accounts.devices(user) })),
  ownAnswer(deviceRevoke, async ({ user }, { device }) => {
    await accounts.revokeDevice(user, device)
    return {}
  }),
  ownAnswer(deviceEnroll, ({ user, device }, { key }) =>
    accounts.enrollDevice(user, device, decodeBase32(key) ?? new Uint8Array()),
  ),

  ownAnswer(tokenCreate, ({ user }, { expiresInSeconds, ...options }) =>
    accounts.createToken(user, { ...options, expiresInMs: expiresInSeconds && expiresInSeconds * 1000 }),
  ),
  ownAnswer(tokenList, ({ user }) => ({ tokens: accounts.tokens(user) })),
  ownAnswer(tokenRevoke, async ({ user }, { token: id }) => {
    await accounts.revokeToken(user, id)
    return {}
  }),

  ownAnswer(inviteCreate, ({ user }, { expiresInSeconds, ...options }) =>
    accounts.createInvite(user, { ...options, expiresInMs: expiresInSeconds * 1000 }),
  ),
  ownAnswer(inviteList, ({ user }) => ({ invites: accounts.invites(user) })),
  ownAnswer(inviteRevoke, async ({ user }, { invite: id }) => {
    await accounts.revokeInvite(user, id)
    return {}
  }),

  ownAnswer(serverJoin, ({ user }, { invite }) => join(user, invite)),
]

/** ACC-46: an app token says and reads; it does not act on the account of its user. */
const ownAnswer = <I extends z.ZodType, O extends z.ZodType>(
  spec: CallSpec<I, O>,
  handle: (principal: Principal, input: z.output<I>) => z.input<O> | Promise<z.input<O>>,
): CallHandler =>
  answer(spec, async (principal, input) => {
    if (principal.scope !== undefined) {
      throw new HearthError('NOT_ALLOWED', 'an app token cannot do this: log in with the password or a device key')
    }
    return handle(principal, input)
  })
