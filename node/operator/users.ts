import type { Accounts } from '../accounts/accounts.ts'
import type { UsersAdmin } from '../admin/components.ts'
import type { Servers } from '../servers/servers.ts'
import { randomPassword } from './random-password.ts'

export const usersAdmin = (accounts: Accounts, servers: Pick<Servers, 'serversOf'>): UsersAdmin => ({
  list: () => Promise.resolve(accounts.users()),
  show: (name) => {
    const user = accounts.user(name)
    return Promise.resolve({ ...user, servers: servers.serversOf(user.user).map(({ handle }) => handle) })
  },
  create: async ({ user, password }) => {
    const created = await accounts.createUser({ user, ...(password !== undefined && { password }) })
    return { password: created.password }
  },
  setPassword: async (user, password) => {
    const made = password === undefined ? randomPassword() : undefined
    await accounts.setPassword(user, password ?? made ?? '')
    return { password: made }
  },
  setDisabled: async (user, disabled) => {
    await accounts.setDisabled(user, disabled)
  },
  devices: (user) => Promise.resolve(accounts.devices(user)),
  revokeDevice: (user, device) => accounts.revokeDevice(user, device),
})
