import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import type { Change } from '../store/records.ts'
import type { Admission } from './components.ts'
import type { AccountTables, InviteRecord } from './tables.ts'

/**
 * ACC-44: what an invite promised is written down in the batch that counts its use and crossed out when the
 * server let the user in; so a crash in between costs nobody a membership.
 */
export interface Admissions {
  planned(user: UserName, invite: InviteRecord): Change[]
  isPlanned(user: UserName, server: ServerId): boolean
  /** Throws what the server throws; if that was final (NOT_ALLOWED …), the plan is dropped. */
  finish(user: UserName, server: ServerId): Promise<void>
  /** After a crash. */
  finishAll(): Promise<void>
}

export const createAdmissions = (components: {
  readonly tables: Pick<AccountTables, 'admissions'>
  readonly admission: Admission
}): Admissions => {
  const { tables, admission } = components
  const finish: Admissions['finish'] = async (user, server) => {
    const plan = tables.admissions.get(planName(user, server))
    if (plan === undefined) return
    try {
      await admission.admit(user, server, { invitedBy: plan.invitedBy, role: plan.role })
    } catch (error) {
      if (isFinal(error)) await tables.admissions.delete(planName(user, server))
      throw error
    }
    await tables.admissions.delete(planName(user, server))
  }
  return {
    planned: (user, { server, createdBy, role }) =>
      server === undefined
        ? []
        : tables.admissions.change(planName(user, server), {
            user,
            server,
            ...(createdBy !== undefined && { invitedBy: createdBy }),
            ...(role !== undefined && { role }),
          }),
    isPlanned: (user, server) => tables.admissions.has(planName(user, server)),
    finish,
    finishAll: async () => {
      for (const [, { user, server }] of tables.admissions.all()) await finish(user, server).catch(() => undefined)
    },
  }
}

const planName = (user: UserName, server: ServerId): string => `${user}/${server}`

/** A full disk passes; a ban does not. */
const isFinal = (error: unknown): boolean =>
  error instanceof HearthError && !['DISK_FULL', 'STORE_FAILED', 'CORRUPT', 'INTERNAL'].includes(error.code)
