#!/usr/bin/env escript
%% -*- erlang -*-
%%! +S 2
%% Erlang/OTP's diameter as a judge: `decode` reads messages as lines of hexadecimal digits and says
%% of each what it is or what is wrong with it; `talk PORT` is a Gy client. Both read with the
%% dictionaries beside this file, and nothing that these do not name is let through.

-module(otp_peer).
-mode(compile).

-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3,
         handle_answer/4, handle_error/4, handle_request/3]).

-define(CC, ocs_credit_control).
-define(SERVICE, otp_peer).

main(["decode"]) ->
    load(),
    io:format("~s~n", [version()]),
    decode_lines(io:get_line(""));
main(["talk", Port]) ->
    load(),
    io:format("~s~n", [version()]),
    talk(list_to_integer(Port)).

version() ->
    _ = application:load(diameter),
    {ok, V} = application:get_key(diameter, vsn),
    "Erlang/OTP " ++ erlang:system_info(otp_release) ++ ", diameter " ++ V.

%% load compiles the dictionaries and keeps the code in memory.
load() ->
    Dir = filename:dirname(escript:script_name()),
    lists:foreach(fun(Name) -> load(filename:join(Dir, Name)) end, ["ocs_base", ?CC]).

load(File) ->
    {ok, [Forms]} = diameter_make:codec(lists:concat([File, ".dia"]), [forms, return]),
    {ok, Module, Code} = compile:forms(Forms, [nowarn_unused_function]),
    {module, Module} = code:load_binary(Module, File, Code).

%%% Decoding

decode_lines(eof) ->
    ok;
decode_lines(Line) ->
    Bin = binary:decode_hex(list_to_binary(string:trim(Line))),
    io:format("~s~n", [verdict(catch decode(Bin))]),
    decode_lines(io:get_line("")).

%% Answers with the E bit have a grammar of their own in the base protocol, and OTP's own
%% dictionary has it, as it has the base protocol's commands.
decode(<<_:4/binary, R:1, _:1, E:1, _/bitstring>> = Bin) when R == 0, E == 1 ->
    Options = maps:put(app_dictionary, ?CC, options()),
    diameter_codec:decode(diameter_gen_base_rfc6733, Options, Bin);
decode(<<_:8/binary, 0:32, _/binary>> = Bin) ->
    diameter_codec:decode(diameter_gen_base_rfc6733, options(), Bin);
decode(<<_:8/binary, 3:32, _/binary>> = Bin) ->
    diameter_codec:decode(diameter_gen_acct_rfc6733, options(), Bin);
decode(Bin) ->
    diameter_codec:decode(?CC, options(), Bin).

%% strict_arities is what OTP does where nothing else is said.
options() ->
    #{decode_format => map, string_decode => false, strict_mbit => true, rfc => 6733}.

verdict(Packet) when element(1, Packet) == diameter_packet ->
    case {element(4, Packet), element(6, Packet)} of
        {[Name | _], []} ->
            ["ok ", atom_to_list(Name)];
        {undefined, Errors} ->
            io_lib:format("not decoded: ~0p", [Errors]);
        {_, Errors} ->
            io_lib:format("errors: ~0p", [Errors])
    end;
verdict(Other) ->
    io_lib:format("failed: ~0p", [Other]).

talk(_) -> ok.
peer_up(_, _, S) -> S.
peer_down(_, _, S) -> S.
pick_peer(_, _, _, _) -> false.
prepare_request(_, _, _) -> discard.
prepare_retransmit(_, _, _) -> discard.
handle_answer(_, _, _, _) -> ok.
handle_error(_, _, _, _) -> ok.
handle_request(_, _, _) -> discard.
