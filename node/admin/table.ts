import type { Command } from './command.ts'
import { commandName } from './command.ts'
import { backupCommands } from './commands/backup.ts'
import { federationCommands } from './commands/federation.ts'
import { inviteCommands } from './commands/invite.ts'
import { keyCommands } from './commands/key.ts'
import { logCommands } from './commands/log.ts'
import { memberCommands } from './commands/member.ts'
import { nodeCommands } from './commands/node.ts'
import { peerCommands } from './commands/peer.ts'
import { roleCommands } from './commands/role.ts'
import { serverCommands } from './commands/server.ts'
import { tokenCommands } from './commands/token.ts'
import { userCommands } from './commands/user.ts'

/** Every command there is: the command line, its help, docs/cli.md and the admin socket all read this. */
export const commandTable: readonly Command[] = [
  ...nodeCommands,
  ...userCommands,
  ...inviteCommands,
  ...serverCommands,
  ...roleCommands,
  ...memberCommands,
  ...tokenCommands,
  ...peerCommands,
  ...federationCommands,
  ...keyCommands,
  ...logCommands,
  ...backupCommands,
]

export const findCommand = (name: string): Command | undefined =>
  commandTable.find((command) => commandName(command) === name)
