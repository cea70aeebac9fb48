/** What roots look like in calls (spec/governance.md GOV-32 to GOV-37). */
import { z } from 'zod'
import { limits } from './limits.ts'
import { eventIdField } from './message.ts'
import { isMemberId, isNodeId } from './identifiers.ts'
import type { MemberId, NodeId } from './ids.ts'

export const thresholdField = z.number().int().min(1).max(limits.guardiansMax)

const successorField = z.object({
  node: z.custom<NodeId>(isNodeId, 'is not a node id'),
  member: z.custom<MemberId>(isMemberId, 'is not a member id'),
  address: z.string().describe('Of the member that stands for a node, the id of the node.'),
})

const successorsField = z.array(successorField).readonly()

export const rootField = z.object({
  root: eventIdField,
  by: successorField.optional(),
  owners: successorsField,
  threshold: z.number().int().describe('How many of its guardians may hand it on.'),
  guardians: successorsField,
  approvedBy: successorsField.describe('Guardians of the root before it.'),
  needed: z.number().int().describe('How many of those it takes without an owner.'),
})

export const successionOutcome = z.object({
  root: eventIdField,
  inForce: z.boolean(),
  approvals: z.number().int(),
  needed: z.number().int(),
})
