import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body, orNull } from "../api/client";
import { everyPage } from "../api/pages";
import type { Account, ApiToken, BrowserSession, Identity, Invitation, Page, Project, ProjectMember, ProjectRole, User, UserRole } from "../api/types";

export const accountQuery = queryOptions({ queryKey: keys.account, queryFn: ({ signal }) => body(api.GET("/api/v1/account", { signal })) as Promise<Account> });

export const browserSessionsQuery = queryOptions({
  queryKey: keys.browserSessions,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/sessions", { params: { query: after ? { after } : {} }, signal })) as Promise<Page<BrowserSession>>),
});

export const identitiesQuery = queryOptions({
  queryKey: keys.identities,
  queryFn: ({ signal }) => (body(api.GET("/api/v1/account/identities", { signal })) as Promise<Page<Identity>>).then((page) => page.items),
});

export const tokensQuery = queryOptions({ queryKey: keys.tokens, queryFn: ({ signal }) => (body(api.GET("/api/v1/tokens", { signal })) as Promise<Page<ApiToken>>).then((page) => page.items) });

export const usersQuery = queryOptions({
  queryKey: keys.users,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/users", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<User>>),
});

export const invitationsQuery = queryOptions({
  queryKey: keys.invitations,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/invitations", { params: { query: after ? { after } : {} }, signal })) as Promise<Page<Invitation>>),
});

export const projectsQuery = queryOptions({
  queryKey: keys.projects,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/projects", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Project>>),
});

/** One project; null when there is none of that name, or it may not be seen. */
export const projectQuery = (name: string) =>
  queryOptions({
    queryKey: keys.project(name),
    queryFn: ({ signal }) => orNull(body(api.GET("/api/v1/projects/{project}", { params: { path: { project: name } }, signal })) as Promise<Project>),
  });

export const membersQuery = (project: string) =>
  queryOptions({
    queryKey: keys.membersOf(project),
    queryFn: ({ signal }) => (body(api.GET("/api/v1/projects/{project}/members", { params: { path: { project } }, signal })) as Promise<Page<ProjectMember>>).then((page) => page.items),
  });

/** Something that is done, after which what it changed is read again. */
function useChange<Input, Output>(change: (input: Input) => Promise<Output>, ...stale: (readonly string[])[]) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))) });
}

export const useChangePassword = () =>
  useChange((request: { current?: string; password: string }) => api.PUT("/api/v1/account/password", { body: request }), keys.account, keys.browserSessions);

export const useBeginSecondFactor = () => useChange((request: { current?: string }) => body(api.POST("/api/v1/account/second-factor", { body: request })));
export const useConfirmSecondFactor = () => useChange((code: string) => body(api.POST("/api/v1/account/second-factor/confirm", { body: { code } })), keys.account);
export const useRemoveSecondFactor = () => useChange((code: string) => api.POST("/api/v1/account/second-factor/remove", { body: { code } }), keys.account);

export const useVisitProvider = () => useChange((current: string | undefined) => body(api.POST("/api/v1/account/identities/connect", { body: current === undefined ? {} : { current } })));
export const useAddIdentity = () => useChange((ticket: string) => api.POST("/api/v1/account/identities", { body: { ticket } }), keys.identities);
export const useRemoveIdentity = () => useChange((identity: string) => api.DELETE("/api/v1/account/identities/{identity}", { params: { path: { identity } } }), keys.identities);

export const useEndSession = () => useChange((session: string) => api.DELETE("/api/v1/sessions/{session}", { params: { path: { session } } }), keys.browserSessions);
export const useEndOtherSessions = () => useChange(() => api.DELETE("/api/v1/sessions"), keys.browserSessions);

export const useCreateToken = () =>
  useChange((request: { name: string; days?: number; scope: "read" | "write"; pool?: string; template?: string; shared?: boolean }) => body(api.POST("/api/v1/tokens", { body: request })), keys.tokens);
export const useDeleteToken = () => useChange((id: string) => api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }), keys.tokens);

export const useEditUser = () =>
  useChange(({ user, ...change }: { user: string; role?: UserRole; disabled?: boolean }) => api.PATCH("/api/v1/users/{user}", { params: { path: { user } }, body: change }), keys.users);
export const useUserLoginLink = () => useChange((user: string) => body(api.POST("/api/v1/users/{user}/login-links", { params: { path: { user } } })));
export const useRemoveUserSecondFactor = () => useChange((user: string) => api.DELETE("/api/v1/users/{user}/second-factor", { params: { path: { user } } }), keys.users);
export const useCreateUser = () => useChange((request: { name: string; kind: "person" | "service"; role: UserRole }) => body(api.POST("/api/v1/users", { body: request })), keys.users);
export const useInvite = () => useChange((request: { role: UserRole; note?: string; days: number }) => body(api.POST("/api/v1/invitations", { body: request })), keys.invitations);
export const useEndInvitation = () => useChange((invitation: string) => api.DELETE("/api/v1/invitations/{invitation}", { params: { path: { invitation } } }), keys.invitations);

export const useCreateProject = () => useChange((name: string) => body(api.POST("/api/v1/projects", { body: { name } })), keys.projects);
export const useSetMember = () =>
  useChange(({ project, user, role }: { project: string; user: string; role: ProjectRole }) => api.PUT("/api/v1/projects/{project}/members/{user}", { params: { path: { project, user } }, body: { role } }), keys.projects);
export const useRemoveMember = () =>
  useChange(({ project, user }: { project: string; user: string }) => api.DELETE("/api/v1/projects/{project}/members/{user}", { params: { path: { project, user } } }), keys.projects);
