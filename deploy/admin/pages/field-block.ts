/** A control with its label, its help and what is wrong with it, tied together for those who only hear it. */
import { html, type Markup } from '@stint/sdk';

export interface FieldParts {
  readonly id: string;
  readonly label: string;
  readonly help: readonly string[];
  /** What is wrong with what was sent. */
  readonly errors: readonly string[];
  /** Whether several controls belong to it, each with a label of its own. */
  readonly isGroup: boolean;
  /** @param ties to be put into the control's tag */
  readonly control: (ties: Markup) => Markup;
  /** Below all of it. @default nothing */
  readonly more?: Markup | undefined;
}

export function fieldBlock({ id, label, help, errors, isGroup, control, more }: FieldParts): Markup {
  const error = errors.length > 0 && html`<p class="error" id="${id}-error">${errors.join('; ')}</p>`;
  const helpText = help.length > 0 && html`<p class="help" id="${id}-help">${capital(help.join(' · '))}</p>`;
  const described = [error !== false && `${id}-error`, helpText !== false && `${id}-help`].filter((part) => part);
  const ties = html`${described.length > 0 && html` aria-describedby="${described.join(' ')}"`}${error !== false && !isGroup && html` aria-invalid="true"`}`;
  const classes = html`class="field${error !== false && ' wrong'}"`;
  if (isGroup)
    return html`<fieldset ${classes} id="${id}" tabindex="-1"${ties}><legend>${label}</legend>${error}${control(html``)}${helpText}${more}</fieldset>`;
  return html`<div ${classes}><label for="${id}">${label}</label>${error}${control(html` id="${id}"${ties}`)}${helpText}${more}</div>`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
