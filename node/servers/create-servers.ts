import { HearthError } from '../../spec/errors.ts'
import { isAddress } from '../../spec/governance/names.ts'
import type { Entry } from '../log/log.ts'
import { channelOperations } from './channel-operations.ts'
import { createDesk } from './desk.ts'
import { createDirectory } from './directory.ts'
import { nameServers } from './handles.ts'
import { forkOperations } from './fork-operations.ts'
import { memberOperations } from './member-operations.ts'
import { createQuestions } from './questions.ts'
import { createRevoker } from './revocation.ts'
import { roleOperations } from './role-operations.ts'
import { serverOperations } from './server-operations.ts'
import { successionOperations } from './succession.ts'
import type { ChangeKind, Servers, ServersComponents, ServersInit } from './servers.ts'

/** The room itself. Until `start` there are no servers. CONFIG_INVALID: the node's name can't stand in an address. */
export const createServers = (components: ServersComponents, init: ServersInit): Servers => {
  if (!isAddress(`a@${init.nodeName}`)) {
    throw new HearthError('CONFIG_INVALID', `${init.nodeName} is no domain: lower-case letters, digits, dots, dashes`)
  }
  const { log } = components
  const directory = createDirectory(init.nodeId, init.nodeName, nameServers(components.handles), components.isDomainOf)
  const listeners = new Set<(kind: ChangeKind) => void>()

  const follow = (entries: readonly Entry[]): void => {
    for (const kind of directory.apply(entries)) for (const listener of listeners) listener(kind)
  }

  const desk = createDesk({ directory, components, node: init.nodeId, nodeName: init.nodeName, apply: follow })
  const revoker = createRevoker(desk, log)
  const channels = channelOperations(desk)

  return {
    ...createQuestions(directory, init),
    ...serverOperations(desk, channels),
    ...channels,
    ...roleOperations(desk, revoker),
    ...memberOperations(desk, revoker),
    ...successionOperations(desk, log),
    ...forkOperations(desk, components),
    start: () => directory.load(log),
    fork(feed, at) {
      const kind = directory.fork(feed, at)
      if (kind !== undefined) for (const listener of listeners) listener(kind)
    },
    apply(entries) {
      follow(entries)
      revoker.note(entries)
    },
    readdress() {
      for (const community of directory.all()) community.readdress()
      for (const listener of listeners) listener('settings')
    },
    onChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
