import { HearthError } from '../../spec/errors.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { TokensAdmin } from '../admin/components.ts'
import { findPath, type Names } from './names.ts'

export const tokensAdmin = (accounts: Accounts, rooms: Names): TokensAdmin => {
  const all = () => accounts.users().flatMap(({ user }) => accounts.tokens(user))
  const pathOf = (id: Parameters<Names['channel']>[0]): string => {
    const channel = rooms.channel(id)
    return channel === undefined ? id : `${rooms.server(channel.server)?.handle}/${channel.handle}`
  }
  return {
    list: (user) =>
      Promise.resolve(
        (user === undefined ? all() : accounts.tokens(user)).map((token) => ({
          ...token,
          channels: token.channels?.map(pathOf),
        })),
      ),
    create: async ({ user, name, channels, send, read, expiresInMs }) => {
      const { token, secret } = await accounts.createToken(user, {
        name,
        send,
        read,
        expiresInMs,
        channels: channels?.map((path) => findPath(rooms, path).id),
      })
      return { id: token.id, token: secret }
    },
    revoke: async (id) => {
      const token = all().find((one) => one.id === id)
      if (token === undefined) throw new HearthError('NOT_FOUND', `there is no token ${id}; see hearth token list`)
      await accounts.revokeToken(token.user, id)
    },
  }
}
