/** What the plugin uses of Serverless (osls 4). */
import type { Template } from './cloudformation.ts';

/** Mutable: Serverless's own, which plugins add to. */
export interface CompiledTemplate {
  Resources: Record<string, Template['Resources'][string]>;
  Outputs: Record<string, Template['Outputs'][string]>;
}

export interface Serverless {
  readonly service: {
    readonly service: string;
    readonly custom?: { readonly fargate?: unknown; readonly image?: unknown };
    readonly provider: { readonly compiledCloudFormationTemplate: CompiledTemplate };
  };
  readonly classes: {
    /** Told without a stack trace. */
    readonly Error: new (
      message: string,
      code: string,
    ) => Error;
  };
  getProvider(name: 'aws'): { getStage(): string; getRegion(): string };
}

export type Hook = () => Promise<void> | void;
