// What type-checking must know beyond the browser: names that the page's first script and Gradio put on window, and that
// our selectors and events mean elements of a kind that only the selector's text tells.

interface Window {
  studioText?: (key: string, values?: Record<string, unknown>) => string;
  studioLanguage: () => void;
  studioTheme: (theme?: string) => void;
  gradio_config?: Record<string, any>;
}

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}

interface Element {
  closest(selectors: string): any;
  setAttribute(name: string, value: string | number | boolean): void;
  readonly dataset: DOMStringMap;
  tabIndex: number;
  focus(options?: FocusOptions): void;
  get style(): CSSStyleDeclaration;
  set style(text: string);
}

interface NonElementParentNode {
  getElementById(id: string): any;
}

interface EventTarget {
  closest(selectors: string): any;
}

interface Document {
  readonly activeElement: any;
}

interface Event {
  readonly detail: any;
}
